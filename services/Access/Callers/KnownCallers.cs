using Microsoft.Extensions.Options;

namespace Journeys.Access.Callers;

/// <summary>Caches the results of <see cref="CallerStore"/>.</summary>
public sealed class KnownCallers(CallerStore store, IOptions<AccessOptions> options, TimeProvider time)
{
    readonly ShortCache<string, KeyRow> keys = new(TimeSpan.FromSeconds(options.Value.CacheSeconds), time);
    readonly ShortCache<string, SessionRow> sessions = new(TimeSpan.FromSeconds(options.Value.CacheSeconds), time);
    readonly ShortCache<Guid, SiteRow> sites = new(TimeSpan.FromSeconds(options.Value.CacheSeconds), time);
    readonly ShortCache<Guid, IReadOnlyList<MembershipRow>> memberships = new(TimeSpan.FromSeconds(options.Value.CacheSeconds), time);
    readonly ShortCache<(string Issuer, string Subject), IdentityRow> identities = new(TimeSpan.FromSeconds(options.Value.CacheSeconds), time);

    public ValueTask<KeyRow?> KeyAsync(string secret, CancellationToken ct)
    {
        var hash = Secret.Hash(secret);
        return keys.GetAsync(Convert.ToHexString(hash), inner => store.FindKeyAsync(hash, inner), ct);
    }

    public ValueTask<SessionRow?> SessionAsync(string token, CancellationToken ct)
    {
        var hash = Secret.Hash(token);
        return sessions.GetAsync(Convert.ToHexString(hash), inner => store.FindSessionAsync(hash, inner), ct);
    }

    public ValueTask<SiteRow?> SiteAsync(Guid siteId, CancellationToken ct) =>
        sites.GetAsync(siteId, inner => store.FindSiteAsync(siteId, inner), ct);

    public async ValueTask<IReadOnlyList<MembershipRow>> MembershipsAsync(Guid memberId, CancellationToken ct) =>
        await memberships.GetAsync(memberId, async inner => await store.ListMembershipsAsync(memberId, inner), ct) ?? [];

    /// <summary>Returns the account of a subject of the issuer; null when there is none.</summary>
    public ValueTask<IdentityRow?> IdentityAsync(IssuedIdentity issued, CancellationToken ct) =>
        identities.GetAsync((issued.Issuer, issued.Subject), inner => store.FindIdentityAsync(issued.Issuer, issued.Subject, inner), ct);

    /// <summary>Clears the caches after a change by this replica. Other replicas follow within seconds.</summary>
    public void Forget()
    {
        keys.Clear();
        sessions.Clear();
        sites.Clear();
        memberships.Clear();
        identities.Clear();
    }
}
