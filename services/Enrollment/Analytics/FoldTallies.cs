using Journeys.BuildingBlocks;
using Journeys.Enrollments.RowFaults;

namespace Journeys.Enrollments.Analytics;

/// <summary>Folds the changes of counts into the counts, so that reading them stays cheap.</summary>
public sealed class FoldTallies(AnalyticsStore store, ILogger<FoldTallies> logger) : IChore
{
    const int Batch = 5_000;
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    // Changes that cannot be folded, skipped until the next start. They still count, because every count is the sum of
    // both tables.
    readonly List<long> passedOver = [];

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        // Halves the batch until the change that cannot be folded is alone.
        for (var limit = Batch; ; limit /= 2)
        {
            try
            {
                return await store.FoldAsync(limit, [.. passedOver], ct) == limit ? TimeSpan.Zero : Interval;
            }
            catch (Exception failure) when (RowFault.Is(failure))
            {
                if (limit > 1)
                    continue;
                if (await store.OldestChangeAsync([.. passedOver], ct) is not { } culprit)
                    throw;

                logger.LogError(failure, "Change {StatisticChangeId} of counts cannot be folded and stays as it is", culprit);
                passedOver.Add(culprit);
                return TimeSpan.Zero;
            }
        }
    }
}
