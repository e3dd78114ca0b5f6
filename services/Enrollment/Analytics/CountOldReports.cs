using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.RowFaults;
using Npgsql;

namespace Journeys.Enrollments.Analytics;

/// <summary>
/// Counts reports that were stored uncounted, and adds their answers: those from before reports were counted, and those
/// of the previous release during an update.
/// </summary>
public sealed class CountOldReports(NpgsqlDataSource source, ILogger<CountOldReports> logger) : IChore
{
    const int Batch = 1_000;
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    // Reports that cannot be counted. They are skipped until the next start.
    readonly List<(Guid SiteId, Guid EnrollmentId, int VisitNo)> passedOver = [];

    // Works in small batches, one transaction each, so that reports do not wait, and several replicas share the work.
    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        // Halves the batch until the report that cannot be counted is alone.
        for (var limit = Batch; ; limit /= 2)
        {
            try
            {
                return await CountAsync(limit, ct) < limit ? Interval : TimeSpan.Zero;
            }
            catch (Exception failure) when (RowFault.Is(failure))
            {
                if (limit > 1)
                    continue;
                if (await source.InTransactionAsync(transaction => ContentOutcomeStore.FirstOldAsync(transaction, passedOver, ct), ct) is not { } culprit)
                    throw;

                logger.LogError(
                    failure, "The report of visit {VisitNo} of enrollment {EnrollmentId} of site {SiteId} cannot be counted and stays as it is",
                    culprit.VisitNo, culprit.EnrollmentId, culprit.SiteId);
                passedOver.Add(culprit);
                return TimeSpan.Zero;
            }
        }
    }

    Task<int> CountAsync(int limit, CancellationToken ct) => source.InTransactionAsync(
        async transaction =>
        {
            var taken = await ContentOutcomeStore.TakeOldAsync(transaction, limit, passedOver, ct);
            var known = taken.Where(report => report.NodeId is not null).ToList();
            if (known.Count > 0)
            {
                await EnrollmentWriter.CountAsync(transaction, Counts(known), ct);
                await ResponseStore.AddOldAsync(transaction, known, ct);
            }

            return taken.Count;
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
