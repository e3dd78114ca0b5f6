using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Outboxes;


namespace Journeys.Enrollments.Enrollments;

/// <summary>
/// Notifies the relay of committed messages and subscribers of committed positions. Without it both would notice later,
/// at their next poll.
/// </summary>
public sealed class AfterCommit(Outbox outbox, PositionSubscriptions subscriptions)
{
    /// <summary>Announces the changes of a committed transaction.</summary>
    public void Announce(IReadOnlyCollection<Enrollment> enrollments)
    {
        if (enrollments.Count > 0)
            Crash.At(CrashPoint.EnrollmentsCommitted);
        if (enrollments.Any(enrollment => enrollment.HasMessages))
            outbox.Wake();
        foreach (var enrollment in enrollments.Where(enrollment => enrollment.HasChanged))
            subscriptions.Notify(enrollment.Row.SiteId, enrollment.Row.ProfileId);
    }
}
