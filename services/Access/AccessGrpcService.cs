using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.Access.Accounts;
using Journeys.Access.Callers;
using Journeys.Access.Members;
using Journeys.Access.Sites;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Identities;
using Journeys.BuildingBlocks.Requests;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access;

/// <summary>Serves sites, keys, members and sessions over gRPC: checks the request, runs it, maps the answer.</summary>
/// <remarks>
/// The gateway has already selected the site in the path and looked up the caller's role there; the token contains
/// both.
/// </remarks>
public sealed class AccessGrpcService(
    SignIn signIn, DescribeSession describe, SignOut signOut, CreateSite createSite, UpdateSite updateSite, CreateKey createKey,
    InviteMember invite, RenewInvitation renew, UpdateMember updateMember, RemoveMember removeMember, LeaveSite leaveSite,
    SiteStore sites, MemberStore members, KeyStore keys, KnownCallers known)
    : Proto.AccessService.AccessServiceBase
{
    public override async Task<Proto.Session> CreateSession(Proto.CreateSessionRequest request, ServerCallContext context)
    {
        var client = ClientOf.Call(context);
        var session = await signIn.SignInAsync(request, client.Address, context.CancellationToken);
        await context.SetSessionCookieAsync(session, client);
        return session;
    }

    public override Task<Proto.Session> GetSession(Proto.GetSessionRequest request, ServerCallContext context) =>
        describe.DescribeAsync(context.Caller(), ClientOf.Call(context), context.CancellationToken);

    public override async Task<Empty> DeleteSession(Proto.DeleteSessionRequest request, ServerCallContext context)
    {
        var caller = ClientOf.Call(context);
        await signOut.SignOutAsync(caller, context.CancellationToken);
        await context.WriteResponseHeadersAsync(new Metadata { { "set-cookie", SessionCookie.Clear(caller.IsSecure) } });
        return new();
    }

    public override async Task<Proto.ListSitesResponse> ListSites(Proto.ListSitesRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var memberships = await known.MembershipsAsync(Guid.Parse(context.Subject()), ct);
        // A key belongs to one site and is not a member.
        Guid[] siteIds = memberships.Count > 0 ? [.. memberships.Select(membership => membership.SiteId)] : [context.SiteId()];
        return new() { Sites = { (await sites.ListAsync(siteIds, ct)).Select(site => site.ToProto()) } };
    }

    public override Task<Proto.Site> CreateSite(Proto.CreateSiteRequest request, ServerCallContext context)
    {
        // What is shown once is not kept, so a repeat could not answer with it.
        RequestKey.Refuse(context, "If an answer was lost, list the sites.");
        return createSite.CreateAsync(context.Caller(), request, context.CancellationToken);
    }

    public override async Task<Proto.Site> GetSite(Proto.GetSiteRequest request, ServerCallContext context) =>
        (await ReadSiteAsync(OwnSite(request.Id, "id", context), context.CancellationToken)).ToProto();

    public override Task<Proto.Site> UpdateSite(Proto.UpdateSiteRequest request, ServerCallContext context) =>
        updateSite.UpdateAsync(OwnSite(request.Id, "id", context), request, context.CancellationToken);

    public override async Task<Proto.ListKeysResponse> ListKeys(Proto.ListKeysRequest request, ServerCallContext context)
    {
        var rows = await keys.ListAsync(OwnSite(request.SiteId, "siteId", context), context.CancellationToken);
        return new() { Keys = { rows.Select(key => key.ToProto()) } };
    }

    public override Task<Proto.Key> CreateKey(Proto.CreateKeyRequest request, ServerCallContext context)
    {
        RequestKey.Refuse(context, "If an answer was lost, list the keys, revoke the lost one and create another.");
        return createKey.CreateAsync(OwnSite(request.SiteId, "siteId", context), request, context.CancellationToken);
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
        var rows = await members.ListAsync(OwnSite(request.SiteId, "siteId", context), context.CancellationToken);
        return new() { Members = { rows.Select(member => member.ToProto()) } };
    }

    public override Task<Proto.Member> CreateMember(Proto.CreateMemberRequest request, ServerCallContext context) =>
        invite.InviteAsync(context.Caller(), OwnSite(request.SiteId, "siteId", context), request, context.CancellationToken);

    public override Task<Proto.Member> RenewInvitation(Proto.RenewInvitationRequest request, ServerCallContext context)
    {
        RequestKey.Refuse(context, "If an answer was lost, renew the invitation once more: only the newest link works.");
        return renew.RenewAsync(OwnSite(request.SiteId, "siteId", context), Check.Uuid(request.Id, "id"), context.CancellationToken);
    }

    public override Task<Proto.Member> UpdateMember(Proto.UpdateMemberRequest request, ServerCallContext context) =>
        updateMember.UpdateAsync(OwnSite(request.SiteId, "siteId", context), request, context.CancellationToken);

    public override async Task<Empty> DeleteMember(Proto.DeleteMemberRequest request, ServerCallContext context)
    {
        var siteId = OwnSite(request.SiteId, "siteId", context);
        await removeMember.RemoveAsync(siteId, Check.Uuid(request.Id, "id"), context.CancellationToken);
        return new();
    }

    public override Task<Proto.Session> LeaveSite(Proto.LeaveSiteRequest request, ServerCallContext context) =>
        leaveSite.LeaveAsync(OwnSite(request.SiteId, "siteId", context), ClientOf.Call(context), context.Caller(), context.CancellationToken);

    // In a native gRPC call, the request can name another site than the header.
    static Guid OwnSite(string siteId, string field, ServerCallContext context) =>
        Check.Uuid(siteId, field) == context.SiteId() ? context.SiteId() : throw new NotFound("site", siteId);

    async Task<SiteRow> ReadSiteAsync(Guid siteId, CancellationToken ct) =>
        (await sites.ListAsync([siteId], ct)).SingleOrDefault() ?? throw new NotFound("site", siteId);
}
