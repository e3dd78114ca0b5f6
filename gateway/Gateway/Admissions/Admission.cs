using Google.Protobuf;
using Grpc.Core;
using Journeys.Access;
using Journeys.Access.Callers;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Identities;
using Journeys.Gateways.Problems;
using Journeys.Gateways.Routing;
using Journeys.Protos;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways.Admissions;

/// <summary>Admits or refuses a call by identity, role, origin and limits.</summary>
public sealed class Admission(
    Authenticator authenticator,
    RateLimits limits,
    UserTokens userTokens,
    KeyUse keyUse,
    ILogger<Admission> logger)
{
    const string SiteHeader = "X-Site-Id";
    const int LongestPerson = 256;

    /// <returns>The caller; null for a public call.</returns>
    public async Task<Admitted?> AdmitAsync(HttpContext context, CallRoute route, Credentials credentials)
    {
        if (route.Rpc.Role == Role.Public)
        {
            limits.TakeForAnybody(ClientAddress.Of(context));
            return null;
        }

        var admitted = await AuthenticateAsync(context, route, credentials);
        CheckPage(context, route, admitted);
        CheckSite(admitted, route);
        CheckRole(admitted, route);
        if (credentials.FromCookie)
            CheckCsrf(context.Request, admitted);

        limits.TakeForCaller(admitted, ClientAddress.Of(context));
        if (admitted.Key is { } key)
            keyUse.Record(key, isEvent: admitted.IsPublishable && route.Rpc.Method.Name == "RecordEvents");
        return admitted;
    }

    /// <summary>
    /// Makes the checks that need the parsed request, which names a person. Returns the caller with the proven user.
    /// </summary>
    public async Task<Admitted?> CheckPersonAsync(
        HttpContext context, CallRoute route, Admitted? admitted, Credentials credentials, IMessage message)
    {
        if (admitted is null || route.Rpc.Role != Role.Person)
            return admitted;

        if (credentials.UserTokenInAddress)
        {
            throw new Unauthenticated(
                "SECRET_IN_ADDRESS", "Send the user token in the header X-User-Token: logs and histories keep addresses.");
        }

        var person = PersonOf(message);
        // A server calls for many people from one address, and has its own limit.
        if (admitted.IsPublishable)
            limits.TakeForVisitor(admitted.Caller.SiteId, person.Length > 0 ? person : $"at {ClientAddress.Of(context)}");
        return admitted with { Caller = admitted.Caller with { ProvenUser = await ProveUserAsync(admitted, credentials, message) } };
    }

    /// <summary>
    /// Checks whether an admitted stream may continue: its key may have been revoked, its session ended, or its token
    /// expired.
    /// </summary>
    /// <exception cref="DomainException">The stream may not continue.</exception>
    public async Task AdmitAgainAsync(StreamTicket stream, CancellationToken ct)
    {
        var admitted = await AuthenticateAsync(stream.Credentials, stream.NamedSites, ct);
        // A member who has left the site may be a member of another one.
        if (admitted.Caller.SiteId != stream.SiteId)
            throw new NotFound("site", stream.SiteId);

        CheckSite(admitted, stream.Route);
        CheckRole(admitted, stream.Route);
        if (stream.Route.IsSdk)
            CorsMiddleware.CheckOrigin(stream.Origin, admitted, null);
        if (stream.Person is { } message && await ProveUserAsync(admitted, stream.Credentials, message) != stream.ProvenUser)
        {
            throw new Unauthenticated(
                "USER_TOKEN_REQUIRED", "What this site requires of pages has changed; open the stream again.");
        }
    }

    /// <summary>Returns the sites that a request names, in header and path.</summary>
    public static IReadOnlyList<string> NamedSites(HttpContext context, CallRoute route)
    {
        var sites = new List<string>(2);
        if (context.Request.Headers.TryGetValue(SiteHeader, out var header))
            sites.Add(header.ToString());
        if (route is { IsNative: false, SiteVariable: { } variable })
            sites.Add(PathSegments.Of(context, variable));
        return sites;
    }

    /// <summary>
    /// Returns the person of a call, as limits count people. An id that is too long for every service is cut.
    /// </summary>
    public static string PersonOf(IMessage message)
    {
        var person = Field(message, "user_id") is { Length: > 0 } userId ? userId : Field(message, "anonymous_id");
        return person.Length <= LongestPerson ? person : person[..LongestPerson];
    }

    /// <summary>Publishable keys are accepted over REST only, where origins, user tokens and per-visitor limits are enforced.</summary>
    public static void CheckNative(Admitted? admitted, CallRoute route)
    {
        if (admitted is { IsPublishable: true })
        {
            throw new GatewayError(
                StatusCode.PermissionDenied,
                "PUBLISHABLE_KEY",
                $"A publishable key is for REST: {route.Rpc.RestRoute}. Native gRPC takes a secret key.");
        }
    }

    async Task<Admitted> AuthenticateAsync(HttpContext context, CallRoute route, Credentials credentials)
    {
        using var limit = CallTime.Of(context).LimitTo(context.RequestAborted);
        try
        {
            // A database that hangs throws no error: without the limit a call would wait as long as the driver does.
            return await AuthenticateAsync(credentials, NamedSites(context, route), limit.Token)
                .WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new GatewayError(StatusCode.Unavailable, "TRY_AGAIN", "The caller could not be looked up in time. Try again.");
        }
        catch (Unauthenticated) when (credentials.Found)
        {
            limits.TakeForWrongKey(ClientAddress.Of(context));
            throw;
        }
    }

    Task<Admitted> AuthenticateAsync(Credentials credentials, IReadOnlyList<string> siteIds, CancellationToken ct) =>
        authenticator.AuthenticateAsync(credentials.RequireToken(), siteIds, credentials.Address, ct);

    void CheckPage(HttpContext context, CallRoute route, Admitted admitted)
    {
        var origin = RequestOrigin.Of(context.Request);
        if (origin.IsForeign && admitted is { Key: { } key, IsPublishable: false })
        {
            logger.LogWarning("A page of {Origin} sent the secret key {Prefix} of site {SiteId}: revoke it", origin.Page, key.Prefix, key.SiteId);
            throw new GatewayError(
                StatusCode.PermissionDenied,
                "SECRET_KEY_LEAKED",
                $"A page of {origin.Page} sent a secret key, so everybody who opens it can read the key. Revoke it, and give pages a publishable key.");
        }

        if (route.IsSdk)
            CorsMiddleware.CheckOrigin(origin, admitted, context.Response.Headers);
    }

    // Checked even for a call that names only a visitor, because only the service knows whether the visitor is a user
    // by now.
    async Task<string?> ProveUserAsync(Admitted admitted, Credentials credentials, IMessage message)
    {
        if (admitted is not { IsPublishable: true, Site: { RequireUserToken: true } site })
            return null;

        var userId = Field(message, "user_id");
        return userId.Length == 0 && credentials.UserToken is null ? "" : await userTokens.CheckAsync(site, userId, credentials.UserToken);
    }

    static void CheckSite(Admitted admitted, CallRoute route)
    {
        if (admitted.Site is not null || route.Rpc.WithoutSite)
            return;

        throw admitted.Issued is null
            ? new GatewayError(
                StatusCode.PermissionDenied, "NO_SITE", "You are not a member of any site. Ask a site's admin to invite you.")
            : new GatewayError(StatusCode.PermissionDenied, "NOT_A_MEMBER", "You are not a member of any site on this installation.");
    }

    static void CheckRole(Admitted admitted, CallRoute route)
    {
        if (route.Rpc.Access.Admits(admitted.Caller.Role))
            return;
        if (admitted.IsPublishable)
            throw new GatewayError(StatusCode.PermissionDenied, "PUBLISHABLE_KEY", "A publishable key can call /sdk only.");

        throw new GatewayError(
            StatusCode.PermissionDenied, "ROLE_TOO_LOW", $"This call needs the role {route.Rpc.Access.LeastOfMembers().Text()}.");
    }

    static void CheckCsrf(HttpRequest request, Admitted admitted)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            return;
        if (admitted.Session is not { } session || !Csrf.IsTokenOf(session.TokenHash, request.Headers["X-CSRF-Token"].ToString()))
        {
            throw new GatewayError(
                StatusCode.PermissionDenied, "CSRF_TOKEN_MISSING", "Send the session's csrfToken in the header X-CSRF-Token.");
        }
    }

    static string Field(IMessage message, string name) =>
        message.Descriptor.FindFieldByName(name)?.Accessor.GetValue(message) as string ?? "";
}
