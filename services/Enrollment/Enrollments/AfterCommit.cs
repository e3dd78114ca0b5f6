using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Outboxes;


namespace Journeys.Enrollments.Enrollments;

/// <summary>Has others look at once at what a transaction committed: the relay at messages, subscribers at positions. Both would look later anyway.</summary>
public sealed class AfterCommit(Outbox outbox, PositionSubscriptions subscriptions)
{
    /// <summary>Announces what changed.</summary>
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
