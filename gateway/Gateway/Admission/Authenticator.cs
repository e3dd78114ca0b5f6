using Grpc.Core;
using Journeys.BuildingBlocks;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways;

/// <summary>Finds out who calls, and on which site.</summary>
public sealed class Authenticator(KnownCallers known, Oidc oidc, LinkIdentity link, IssuerSignIns signIns)
{
    /// <param name="siteIds">The sites that the request names, in header and path.</param>
    /// <exception cref="DomainException">Nobody known, or not on that site.</exception>
    public Task<Admitted> AuthenticateAsync(Credentials credentials, IReadOnlyList<string> siteIds, CancellationToken ct)
    {
        var token = credentials.Token ?? throw Unknown("NO_CREDENTIALS", "Send a key or a session's token.");
        if (credentials.FromQuery && !token.StartsWith(Secret.PublishableKey, StringComparison.Ordinal))
            throw Unknown("SECRET_IN_ADDRESS", "Only a publishable key may be in the address.");

        if (token.StartsWith(Secret.SecretKey, StringComparison.Ordinal) || token.StartsWith(Secret.PublishableKey, StringComparison.Ordinal))
            return ByKeyAsync(token, siteIds, ct);
        return token.StartsWith(Secret.Session, StringComparison.Ordinal) ? BySessionAsync(token, siteIds, ct) : ByIssuerAsync(token, siteIds, credentials.Address, ct);
    }

    async Task<Admitted> ByKeyAsync(string token, IReadOnlyList<string> siteIds, CancellationToken ct)
    {
        var key = await known.KeyAsync(token, ct) ?? throw Unknown("INVALID_KEY", "There is no such key.");
        if (key.RevokedAt is not null)
            throw Unknown("KEY_REVOKED", "This key was revoked.");
        if (siteIds.FirstOrDefault(site => !IsSite(site, key.SiteId)) is { } foreign)
            throw new NotFound("site", foreign);

        var caller = new Caller(key.SiteId, key.KeyId.ToString(), RoleNames.Parse(key.Role));
        return new Admitted(caller, await known.SiteAsync(key.SiteId, ct)) { Key = key };
    }

    async Task<Admitted> BySessionAsync(string token, IReadOnlyList<string> siteIds, CancellationToken ct)
    {
        var session = await known.SessionAsync(token, ct) ?? throw Unknown("SESSION_ENDED", "This session has ended; sign in again.");
        return (await ByMemberAsync(session.MemberId, siteIds, ct)) with { Session = session };
    }

    async Task<Admitted> ByIssuerAsync(string token, IReadOnlyList<string> siteIds, string address, CancellationToken ct)
    {
        if (!oidc.IsOn || await oidc.VerifyAsync(token, ct) is not { } issued)
            throw Unknown("INVALID_TOKEN", "This token is not valid here.");

        var identity = await known.IdentityAsync(issued, ct);
        var memberId = identity?.MemberId ?? await link.LinkAsync(issued, address, ct);
        if (memberId is not null)
            await signIns.RecordAsync(issued, identity, address, ct);
        // Without an account they can still accept an invitation; Admission refuses all else.
        return memberId is { } id
            ? await ByMemberAsync(id, siteIds, ct)
            : new Admitted(new Caller(Guid.Empty, Guid.Empty.ToString(), Role.Viewer), null) { Issued = issued };
    }

    async Task<Admitted> ByMemberAsync(Guid memberId, IReadOnlyList<string> siteIds, CancellationToken ct)
    {
        var memberships = await known.MembershipsAsync(memberId, ct);
        // The path comes last and says what the call is about; the header is checked all the same.
        var membership = memberships.Count > 0 ? memberships[0] : null;
        foreach (var siteId in siteIds)
            membership = memberships.FirstOrDefault(each => IsSite(siteId, each.SiteId)) ?? throw new NotFound("site", siteId);

        // Without a site there is still an account; Admission refuses what needs a site, and no site has the empty id.
        return membership is null
            ? new Admitted(new Caller(Guid.Empty, memberId.ToString(), Role.Viewer), null)
            : new Admitted(new Caller(membership.SiteId, memberId.ToString(), RoleNames.Parse(membership.Role)), await known.SiteAsync(membership.SiteId, ct))
            {
                Email = membership.Email,
            };
    }

    static bool IsSite(string text, Guid siteId) => Guid.TryParseExact(text, "D", out var id) && id == siteId;

    static GatewayError Unknown(string reason, string message) => new(StatusCode.Unauthenticated, reason, message);
}
