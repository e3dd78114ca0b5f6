using Journeys.BuildingBlocks;
using Journeys.Enrollments.Enrollments;
using Npgsql;

namespace Journeys.Enrollments.Analytics;

/// <summary>Counts reports that were stored without being counted, and lists their answers: those from before that was done, and of the release before during an update.</summary>
public sealed class CountOldReports(NpgsqlDataSource source) : IChore
{
    const int Batch = 1_000;
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    // Small batches, each a transaction: nobody who reports meanwhile waits, and several replicas share the work.
    public Task<TimeSpan> RunOnceAsync(CancellationToken ct) => source.InTransactionAsync(
        async transaction =>
        {
            var taken = await ContentOutcomeStore.TakeOldAsync(transaction, Batch, ct);
            var known = taken.Where(report => report.NodeId is not null).ToList();
            if (known.Count > 0)
            {
                await EnrollmentWriter.CountAsync(transaction, Counts(known), ct);
                await ResponseStore.AddOldAsync(transaction, known, ct);
            }

            return taken.Count == Batch ? TimeSpan.Zero : Interval;
        },
        ct);

    static IReadOnlyList<CountChange> Counts(IEnumerable<OldReport> reports)
    {
        var tally = new Tally();
        foreach (var report in reports)
            tally.Count(report);
        return tally.Changes;
    }
}
