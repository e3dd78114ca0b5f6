using Journeys.BuildingBlocks;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.RowFaults;

namespace Journeys.Enrollments.Repair;

/// <summary>Tries to move what was set aside, each on its own and less and less often.</summary>
public sealed class RetrySetAside(SetAsideStore store, RetryEnrollment retry, ILogger<RetrySetAside> logger) : IChore
{
    // Few, so that a site whose first one becomes due meanwhile waits for few of the others', each of whom may take seconds.
    const int Batch = 20;

    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>How long somebody who is being tried is left to the replica that does it.</summary>
    public static readonly TimeSpan Claim = TimeSpan.FromMinutes(2);

    /// <summary>How long somebody whom somebody else has locked makes way for others.</summary>
    public static readonly TimeSpan Locked = TimeSpan.FromSeconds(5);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var slow = 0;
        var due = await store.ListDueAsync(Batch, ct);
        foreach (var (siteId, enrollmentId) in due)
        {
            // One by one, so that those behind a failure that passes stay due.
            if (!await store.TakeAsync(siteId, enrollmentId, Claim, Locked, ct))
                continue;

            try
            {
                await retry.HandleAsync(siteId, enrollmentId, [], ct);
            }
            catch (Exception failure) when (RowFault.TookTooLong(failure) && ++slow < Splitting.MostSlow)
            {
                // Somebody else has locked it just now, which is no reason for those behind it to wait.
                logger.LogWarning(failure, "Enrollment {EnrollmentId} of site {SiteId}, which is set aside, could not be tried", enrollmentId, siteId);
            }
        }

        return due.Count == Batch ? TimeSpan.Zero : Interval;
    }
}
