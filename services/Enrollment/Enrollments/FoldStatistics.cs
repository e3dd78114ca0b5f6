using Journeys.BuildingBlocks;

namespace Journeys.Enrollments;

/// <summary>Folds the changes of counts into the counts, so that reading them stays cheap.</summary>
public sealed class FoldStatistics(AnalyticsStore store) : IChore
{
    const int Batch = 5_000;
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct) =>
        await store.FoldAsync(Batch, ct) == Batch ? TimeSpan.Zero : Interval;
}
