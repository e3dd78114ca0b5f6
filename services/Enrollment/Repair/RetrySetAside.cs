using Journeys.BuildingBlocks;
using Journeys.Enrollments.Enrollments;

namespace Journeys.Enrollments.Repair;

/// <summary>Tries to move what was set aside, each on its own and less and less often.</summary>
public sealed class RetrySetAside(SetAsideStore store, RetryEnrollment retry) : IChore
{
    const int Batch = 100;
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        foreach (var row in await store.ListDueAsync(Batch, ct))
            await retry.HandleAsync(row.SiteId, row.EnrollmentId, [], ct);
        return Interval;
    }
}
