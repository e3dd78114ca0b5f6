using Npgsql;

namespace Journeys.Enrollments;

/// <summary>Archives enrollments of an archived journey, some at a time.</summary>
public sealed class ArchivePeople(RunReader reader, RunStore store, TimeProvider time)
{
    /// <summary>Archives up to so many within a transaction. Nobody is left when it gives fewer.</summary>
    public async Task<IReadOnlyList<Run>> HandleAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int limit, CancellationToken ct)
    {
        var rows = await EnrollmentStore.LockArchivedOfJourneyAsync(transaction, siteId, journeyId, limit, ct);
        var runs = (await reader.ReadAsync(transaction, rows, ct)).Runs;
        foreach (var run in runs)
            run.Archive("JOURNEY_ARCHIVED", mergedIntoId: null, time.GetUtcNow());
        await store.SaveAsync(transaction, runs, ct);
        await HeldSignals.DropOfEndedAsync(transaction, siteId, journeyId, ct);
        return runs;
    }
}
