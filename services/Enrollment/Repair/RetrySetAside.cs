using Journeys.BuildingBlocks;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.RowFaults;

namespace Journeys.Enrollments.Repair;

/// <summary>Tries to move what was set aside, each on its own and less and less often.</summary>
public sealed class RetrySetAside(SetAsideStore store, RetryEnrollment retry, ILogger<RetrySetAside> logger) : IChore
{
    const int Batch = 100;

    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var slow = 0;
        foreach (var row in await store.ListDueAsync(Batch, ct))
        {
            try
            {
                await retry.HandleAsync(row.SiteId, row.EnrollmentId, [], ct);
            }
            catch (Exception failure) when (RowFault.TookTooLong(failure) && ++slow < Splitting.MostSlow)
            {
                // Somebody else keeps it locked, which is no reason for those behind it to wait.
                logger.LogWarning(failure, "Enrollment {EnrollmentId} of site {SiteId}, which is set aside, could not be tried", row.EnrollmentId, row.SiteId);
            }
        }

        return Interval;
    }
}
