using Google.Protobuf;
using Journeys.Copies;

namespace Journeys.Enrollments.Journeys;

/// <summary>Enrollment's copy of journeys, versions and audiences, for the comparison with Definition.</summary>
public sealed class JourneyCopy(CopyQueries copies, JourneyStore journeys, ApplyJourneyChange apply) : ICopy
{
    public Task<IReadOnlyDictionary<(Guid SiteId, Guid Id), Known>> FindAsync(IReadOnlyList<(Guid SiteId, Guid Id)> keys, CancellationToken ct) =>
        copies.FindKnownAsync(keys, ct);

    public Task<IReadOnlyList<(Guid SiteId, Guid Id)>> ListAsync(CancellationToken ct) => copies.ListKnownAsync(ct);

    public Task<Guid?> DistrustAsync(Guid siteId, Guid id, int number, DateTimeOffset? at, CancellationToken ct) =>
        journeys.DistrustAsync(siteId, id, number, at, ct);

    public Task TrustAsync(Guid siteId, Guid id, Guid distrust, CancellationToken ct) =>
        journeys.TrustAsync(siteId, id, distrust, ct);

    public Task ApplyAsync(IMessage change, CancellationToken ct) => apply.HandleAsync(change, ct);
}
