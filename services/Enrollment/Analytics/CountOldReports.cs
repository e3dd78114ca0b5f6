using Journeys.BuildingBlocks;
using Journeys.Enrollments.Enrollments;
using Npgsql;

namespace Journeys.Enrollments.Analytics;

/// <summary>Counts reports that were stored without being counted: those from before there was such a count, and of the release before during an update.</summary>
public sealed class CountOldReports(NpgsqlDataSource source) : IChore
{
    const int Batch = 1_000;
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    // Small batches, each a transaction: nobody who reports meanwhile waits, and several replicas share the work.
    public Task<TimeSpan> RunOnceAsync(CancellationToken ct) => source.InTransactionAsync(
        async transaction =>
        {
            var (taken, counts) = await ContentOutcomeStore.CountOldAsync(transaction, Batch, ct);
            await EnrollmentWriter.CountAsync(transaction, counts, ct);
            return taken == Batch ? TimeSpan.Zero : Interval;
        },
        ct);
}
