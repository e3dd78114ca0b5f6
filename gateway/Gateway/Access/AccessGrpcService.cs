using System.Globalization;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Proto = Journeys.Protos.Access.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways;

/// <summary>The gRPC face of access: check the request, run it, map the answer.</summary>
/// <remarks>The gateway has already chosen the site that the path names and looked up the role there; the token says both.</remarks>
public sealed class AccessGrpcService(SignIn signIn, ChangeMembers members, SiteStore sites, MemberStore memberStore, KeyStore keys, KnownCallers known, TimeProvider time)
    : Proto.AccessService.AccessServiceBase
{
    const int MaxOrigins = 50;

    public override async Task<Proto.Session> CreateSession(Proto.CreateSessionRequest request, ServerCallContext context)
    {
        var caller = ClientOf.Call(context);
        context.ResponseTrailers.Add("retry-after", SignInThrottle.Window.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        var session = await signIn.SignInAsync(request.Email, request.Password, caller.Address, context.CancellationToken);
        await context.WriteResponseHeadersAsync(new Metadata { { "set-cookie", SessionCookie.Set(session.Token, session.ExpireTime.ToDateTimeOffset(), caller.IsSecure) } });
        return session;
    }

    public override Task<Proto.Session> GetSession(Proto.GetSessionRequest request, ServerCallContext context) =>
        signIn.DescribeAsync(context.Caller(), ClientOf.Call(context).SessionId, context.CancellationToken);

    public override async Task<Empty> DeleteSession(Proto.DeleteSessionRequest request, ServerCallContext context)
    {
        var caller = ClientOf.Call(context);
        await signIn.SignOutAsync(caller.SessionId, context.CancellationToken);
        await context.WriteResponseHeadersAsync(new Metadata { { "set-cookie", SessionCookie.Clear(caller.IsSecure) } });
        return new();
    }

    public override async Task<Proto.ListSitesResponse> ListSites(Proto.ListSitesRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var memberships = await known.MembershipsAsync(Guid.Parse(context.Subject()), ct);
        // A key belongs to one site and is no member.
        var siteIds = memberships.Count > 0 ? memberships.Select(membership => membership.SiteId).ToArray() : [context.SiteId()];
        return new() { Sites = { (await sites.ListAsync(siteIds, ct)).Select(site => site.ToProto()) } };
    }

    public override async Task<Proto.Site> CreateSite(Proto.CreateSiteRequest request, ServerCallContext context)
    {
        var name = Check.Text(request.Name, 1, 255, "name");
        var origins = CheckOrigins(request.AllowedOrigins, "allowedOrigins");
        var member = await memberStore.FindAsync(Guid.Parse(context.Subject()), context.CancellationToken)
            ?? throw new NotAllowed("Only members create sites; this is a key.");

        var site = await sites.CreateAsync(name, origins, member.MemberId, context.CancellationToken);
        known.Forget();
        return site.ToProto();
    }

    public override async Task<Proto.Site> GetSite(Proto.GetSiteRequest request, ServerCallContext context) =>
        (await ReadSiteAsync(OwnSite(request.Id, "id", context), context.CancellationToken)).ToProto();

    public override async Task<Proto.Site> UpdateSite(Proto.UpdateSiteRequest request, ServerCallContext context)
    {
        var siteId = OwnSite(request.Id, "id", context);
        var site = await sites.UpdateAsync(
            siteId,
            request.HasName ? Check.Text(request.Name, 1, 255, "name") : null,
            request.AllowedOrigins is { } list ? CheckOrigins(list.Origins_, "allowedOrigins.origins") : null,
            request.HasRequireUserToken ? request.RequireUserToken : null,
            request.HasUserTokenKey ? CheckUserTokenKey(request.UserTokenKey) : null,
            context.CancellationToken);
        known.Forget();
        return site?.ToProto() ?? throw new Refused("USER_TOKEN_KEY_MISSING", "User tokens can only be required when there is a key to verify them.");
    }

    public override async Task<Proto.ListKeysResponse> ListKeys(Proto.ListKeysRequest request, ServerCallContext context)
    {
        var rows = await keys.ListAsync(OwnSite(request.SiteId, "siteId", context), context.CancellationToken);
        return new() { Keys = { rows.Select(key => key.ToProto()) } };
    }

    public override async Task<Proto.Key> CreateKey(Proto.CreateKeyRequest request, ServerCallContext context)
    {
        var siteId = OwnSite(request.SiteId, "siteId", context);
        if (request.Kind == Proto.Key.Types.Kind.Unspecified)
            throw new InvalidInput("kind", "must be PUBLISHABLE or SECRET.");

        var isSecret = request.Kind == Proto.Key.Types.Kind.Secret;
        var secret = Secret.New(isSecret ? Secret.SecretKey : Secret.PublishableKey);
        var key = new KeyRow
        {
            KeyId = Guid.CreateVersion7(),
            SiteId = siteId,
            Kind = isSecret ? "SECRET" : "PUBLISHABLE",
            Name = Check.Text(request.Name, 1, 255, "name"),
            Prefix = Secret.Shown(secret),
            KeyHash = Secret.Hash(secret),
            Role = KeyRole(request, isSecret).Text(),
            CreatedAt = time.GetUtcNow(),
        };
        await keys.InsertAsync(key, context.CancellationToken);
        known.Forget();

        var answer = key.ToProto();
        answer.Secret = secret;
        return answer;
    }

    public override async Task<Empty> DeleteKey(Proto.DeleteKeyRequest request, ServerCallContext context)
    {
        var siteId = OwnSite(request.SiteId, "siteId", context);
        if (!await keys.RevokeAsync(siteId, Check.Uuid(request.Id, "id"), context.CancellationToken))
            throw new NotFound("key", request.Id);

        known.Forget();
        return new();
    }

    public override async Task<Proto.ListMembersResponse> ListMembers(Proto.ListMembersRequest request, ServerCallContext context)
    {
        var rows = await memberStore.ListAsync(OwnSite(request.SiteId, "siteId", context), context.CancellationToken);
        return new() { Members = { rows.Select(member => member.ToProto()) } };
    }

    public override Task<Proto.Member> CreateMember(Proto.CreateMemberRequest request, ServerCallContext context) =>
        members.AddAsync(OwnSite(request.SiteId, "siteId", context), request, context.CancellationToken);

    public override Task<Proto.Member> UpdateMember(Proto.UpdateMemberRequest request, ServerCallContext context) =>
        members.UpdateAsync(OwnSite(request.SiteId, "siteId", context), request, context.CancellationToken);

    public override async Task<Empty> DeleteMember(Proto.DeleteMemberRequest request, ServerCallContext context)
    {
        var memberId = Check.Uuid(request.Id, "id");
        await members.RemoveAsync(OwnSite(request.SiteId, "siteId", context), memberId, context.CancellationToken);
        return new();
    }

    // Natively called, the request may name another site than the header did.
    static Guid OwnSite(string siteId, string field, ServerCallContext context) =>
        Check.Uuid(siteId, field) == context.SiteId() ? context.SiteId() : throw new NotFound("site", siteId);

    async Task<SiteRow> ReadSiteAsync(Guid siteId, CancellationToken ct) =>
        (await sites.ListAsync([siteId], ct)).SingleOrDefault() ?? throw new NotFound("site", siteId);

    static Role KeyRole(Proto.CreateKeyRequest request, bool isSecret) => (isSecret, request.Role) switch
    {
        (false, Role.Unspecified or Role.Person) => Role.Person,
        (true, Role.Unspecified) => Role.Editor,
        (true, Role.Viewer or Role.Editor or Role.Admin) => request.Role,
        _ => throw new InvalidInput("role", isSecret ? "must be VIEWER, EDITOR or ADMIN." : "is only for a secret key."),
    };

    static string[] CheckOrigins(RepeatedField<string> origins, string field)
    {
        Check.Count(origins, 0, MaxOrigins, field);
        for (var index = 0; index < origins.Count; index++)
        {
            if (!Uri.TryCreate(origins[index], UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.GetLeftPart(UriPartial.Authority) != origins[index])
                throw new InvalidInput($"{field}[{index}]", "must be an origin such as https://app.example.com, without a path.");
        }

        return [.. origins];
    }

    static string CheckUserTokenKey(string key)
    {
        if (key.Length == 0)
            return key;

        try
        {
            VerificationKey.Of(Check.Text(key, 1, 10_000, "userTokenKey")).Dispose();
            return key;
        }
        catch (FormatException exception)
        {
            throw new InvalidInput("userTokenKey", exception.Message);
        }
    }
}
