using Journeys.Engine;
using Npgsql;

namespace Journeys.Enrollments;

/// <summary>Archives enrollments of an archived journey, some at a time.</summary>
public sealed class ArchivePeople(RunStore store, Clock clock)
{
    /// <summary>Archives at most <paramref name="limit"/> within a transaction. Nobody is left when it returns fewer.</summary>
    public async Task<IReadOnlyList<Run>> HandleAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int limit, CancellationToken ct)
    {
        var (rows, lockedAt) = await EnrollmentStore.LockArchivedOfJourneyAsync(transaction, siteId, journeyId, limit, ct);
        // To archive somebody takes no version, so one that is missing stops nobody.
        var runs = rows.Select(row => new Run(row, CompiledJourney.Unreadable)).ToList();
        foreach (var run in runs)
            run.Archive("JOURNEY_ARCHIVED", mergedIntoId: null, clock.At(lockedAt));
        await store.SaveAsync(transaction, runs, ct);
        await HeldSignals.DropOfEndedAsync(transaction, siteId, journeyId, ct);
        return runs;
    }
}
