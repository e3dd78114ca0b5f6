using Google.Protobuf;
using Journeys.Copies;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>The Scheduler's copy of journeys and audiences, for the comparison with Definition.</summary>
public sealed class JourneyCopy(NpgsqlDataSource source, CopyQueries copies, ApplyJourneyChange apply) : ICopy
{
    public Task<IReadOnlyDictionary<(Guid SiteId, Guid Id), Known>> FindAsync(
        IReadOnlyList<(Guid SiteId, Guid Id)> keys, CancellationToken ct) => copies.FindAsync(keys, ct);

    public Task<IReadOnlyList<(Guid SiteId, Guid Id)>> ListAsync(CancellationToken ct) => copies.ListAsync(ct);

    public async Task<Guid?> DistrustAsync(Guid siteId, Guid id, int number, DateTimeOffset? at, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        // The id of a halt is its site's. Any other id is that of a journey or of an audience, so one of the two
        // statements finds nothing.
        if (id == siteId)
        {
            await SiteHaltStore.DistrustAsync(connection, siteId, number, at, ct);
            return null;
        }

        await AudienceStore.DistrustAsync(connection, siteId, id, number, at, ct);
        return await JourneyStore.DistrustAsync(connection, siteId, id, number, at, ct);
    }

    public async Task TrustAsync(Guid siteId, Guid id, Guid distrust, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await JourneyStore.TrustAsync(connection, siteId, id, distrust, ct);
    }

    public Task ApplyAsync(IMessage change, CancellationToken ct) => apply.HandleAsync(change, ct);
}
