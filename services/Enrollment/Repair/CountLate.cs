using Journeys.Enrollments.Enrollments;

namespace Journeys.Enrollments.Repair;

/// <summary>Counts who does not move though they should.</summary>
public sealed class CountLate(SetAsideStore store, SchedulerWork work, TimeProvider time)
{
    /// <summary>How many are set aside, and how many waits are overdue, without those that are being released after a pause, at most 10,000 of each.</summary>
    /// <param name="siteId">Of one site; null for all.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<(int SetAside, int Overdue)> HandleAsync(Guid? siteId, CancellationToken ct)
    {
        var all = await store.CountAsync(siteId, leftAlone: [], ct);
        // In a healthy run nobody has to ask the Scheduler.
        return all.Overdue > 0 && await work.ListReleasingAsync(time.GetUtcNow(), ct, siteId) is { Length: > 0 } releasing
            ? await store.CountAsync(siteId, releasing, ct)
            : all;
    }
}
