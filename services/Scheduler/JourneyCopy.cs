using Google.Protobuf;
using Journeys.Copies;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>The Scheduler's copy of journeys and audiences, for the comparison with Definition.</summary>
public sealed class JourneyCopy(NpgsqlDataSource source, ApplyJourneyChange apply) : ICopy
{
    public Task<IReadOnlyDictionary<(Guid SiteId, Guid Id), Known>> FindAsync(IReadOnlyList<(Guid SiteId, Guid Id)> keys, CancellationToken ct) =>
        JourneyStore.FindKnownAsync(source, keys, ct);

    public Task<IReadOnlyList<(Guid SiteId, Guid Id)>> ListAsync(CancellationToken ct) => JourneyStore.ListKnownAsync(source, ct);

    public Task DistrustAsync(Guid siteId, Guid id, int number, CancellationToken ct) => JourneyStore.DistrustAsync(source, siteId, id, number, ct);

    public Task ApplyAsync(IMessage change, CancellationToken ct) => apply.HandleAsync(change, ct);
}
