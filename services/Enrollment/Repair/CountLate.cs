using Journeys.Enrollments.Enrollments;

namespace Journeys.Enrollments.Repair;

/// <summary>Counts enrollments that do not move although they should.</summary>
public sealed class CountLate(SetAsideStore store, SchedulerWork work, TimeProvider time)
{
    /// <summary>
    /// Counts the enrollments that are set aside, and the overdue waits without those being released after a pause, at
    /// most 10,000 of each.
    /// </summary>
    /// <param name="siteId">The site; null for all.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<(int SetAside, int Overdue)> HandleAsync(Guid? siteId, CancellationToken ct)
    {
        var all = await store.CountAsync(siteId, leftAlone: [], ct);
        // Calls the Scheduler only if waits are overdue, which is rare.
        return all.Overdue > 0 && await work.ListReleasingAsync(time.GetUtcNow(), ct, siteId) is { Length: > 0 } releasing
            ? await store.CountAsync(siteId, releasing, ct)
            : all;
    }
}
