using Journeys.BuildingBlocks;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.RowFaults;

namespace Journeys.Enrollments.Repair;

/// <summary>Retries enrollments that are set aside, one at a time and with back-off.</summary>
public sealed class RetrySetAside(SetAsideStore store, RetryEnrollment retry, ILogger<RetrySetAside> logger) : IChore
{
    // Small, because each retry may take seconds, and a site whose first enrollment becomes due waits for the batch.
    const int Batch = 20;

    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>The lease of a replica that retries an enrollment.</summary>
    public static readonly TimeSpan Claim = TimeSpan.FromMinutes(2);

    /// <summary>The time after which an enrollment that is locked is tried again.</summary>
    public static readonly TimeSpan Locked = TimeSpan.FromSeconds(5);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var slow = 0;
        var due = await store.ListDueAsync(Batch, ct);
        foreach (var (siteId, enrollmentId) in due)
        {
            // Claims one at a time, so that those behind a transient failure stay due.
            if (!await store.TakeAsync(siteId, enrollmentId, Claim, Locked, ct))
                continue;

            try
            {
                await retry.HandleAsync(siteId, enrollmentId, [], ct);
            }
            catch (Exception failure) when (RowFault.TookTooLong(failure) && ++slow < Splitting.MostSlow)
            {
                // It is locked by another transaction at the moment, which need not delay those behind it.
                logger.LogWarning(failure, "Enrollment {EnrollmentId} of site {SiteId}, which is set aside, could not be tried", enrollmentId, siteId);
            }
        }

        return due.Count == Batch ? TimeSpan.Zero : Interval;
    }
}
