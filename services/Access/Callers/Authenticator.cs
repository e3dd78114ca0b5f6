using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Identities;
using Journeys.Protos;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Access.Callers;

/// <summary>Determines the caller and the site of a call.</summary>
public sealed class Authenticator(KnownCallers known, Oidc oidc, LinkIdentity link, IssuerSignIns signIns)
{
    /// <param name="token">A key, the token of a session, or the token of an issuer.</param>
    /// <param name="siteIds">The sites that the request names, in header and path.</param>
    /// <param name="address">The client's address, as limits count it.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="DomainException">The caller is not known, or does not belong to the site.</exception>
    public Task<Admitted> AuthenticateAsync(
        string token, IReadOnlyList<string> siteIds, string address, CancellationToken ct)
    {
        if (token.StartsWith(Secret.SecretKey, StringComparison.Ordinal) || token.StartsWith(Secret.PublishableKey, StringComparison.Ordinal))
            return ByKeyAsync(token, siteIds, ct);
        return token.StartsWith(Secret.Session, StringComparison.Ordinal)
            ? BySessionAsync(token, siteIds, ct)
            : ByIssuerAsync(token, siteIds, address, ct);
    }

    async Task<Admitted> ByKeyAsync(string token, IReadOnlyList<string> siteIds, CancellationToken ct)
    {
        var key = await known.KeyAsync(token, ct) ?? throw new Unauthenticated("INVALID_KEY", "There is no such key.");
        if (key.RevokedAt is not null)
            throw new Unauthenticated("KEY_REVOKED", "This key was revoked.");
        if (siteIds.FirstOrDefault(site => !IsSite(site, key.SiteId)) is { } foreign)
            throw new NotFound("site", foreign);

        var caller = new Caller(key.SiteId, key.KeyId.ToString(), EnumText.Parse<Role>(key.Role));
        return new Admitted(caller, await known.SiteAsync(key.SiteId, ct)) { Key = key };
    }

    async Task<Admitted> BySessionAsync(string token, IReadOnlyList<string> siteIds, CancellationToken ct)
    {
        var session = await known.SessionAsync(token, ct)
            ?? throw new Unauthenticated("SESSION_ENDED", "This session has ended; sign in again.");
        return (await ByMemberAsync(session.MemberId, siteIds, ct)) with { Session = session };
    }

    async Task<Admitted> ByIssuerAsync(string token, IReadOnlyList<string> siteIds, string address, CancellationToken ct)
    {
        if (!oidc.IsOn || await oidc.VerifyAsync(token, ct) is not { } issued)
            throw new Unauthenticated("INVALID_TOKEN", "The token is not valid.");

        var identity = await known.IdentityAsync(issued, ct);
        var memberId = identity?.MemberId ?? await link.LinkAsync(issued, address, ct);
        if (memberId is not null)
            await signIns.RecordAsync(issued, identity, address, ct);
        // A caller without an account can still accept an invitation; Admission refuses everything else.
        return memberId is { } id
            ? await ByMemberAsync(id, siteIds, ct)
            : new Admitted(new Caller(Guid.Empty, Guid.Empty.ToString(), Role.Viewer), null) { Issued = issued };
    }

    async Task<Admitted> ByMemberAsync(Guid memberId, IReadOnlyList<string> siteIds, CancellationToken ct)
    {
        var memberships = await known.MembershipsAsync(memberId, ct);
        // The site in the path comes last and is the site of the call; the site in the header is checked too.
        var membership = memberships.Count > 0 ? memberships[0] : null;
        foreach (var siteId in siteIds)
            membership = memberships.FirstOrDefault(each => IsSite(siteId, each.SiteId)) ?? throw new NotFound("site", siteId);

        // A member without a site still has an account. Admission refuses calls that need a site, and no site has the
        // empty id.
        return membership is null
            ? new Admitted(new Caller(Guid.Empty, memberId.ToString(), Role.Viewer), null)
            : new Admitted(CallerOf(membership, memberId), await known.SiteAsync(membership.SiteId, ct))
            {
                Email = membership.Email,
            };
    }

    static Caller CallerOf(MembershipRow membership, Guid memberId) =>
        new(membership.SiteId, memberId.ToString(), EnumText.Parse<Role>(membership.Role));

    static bool IsSite(string text, Guid siteId) => Guid.TryParseExact(text, "D", out var id) && id == siteId;
}
