using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Enrollments;

/// <summary>
/// Builds the messages about the enrollments that one transaction changed, each with at most <see
/// cref="Limits.MessageItems"/> items: one for each kind, and for facts one for each journey.
/// </summary>
public static class EnrollmentMessages
{
    /// <summary>Whether an enrollment causes messages.</summary>
    public static bool Concern(Enrollment enrollment) =>
        enrollment.IsUnsaved || enrollment.HasContinued || enrollment.Timers != default
        || enrollment.HasEnded(EnrollmentStatuses.Completed) || enrollment.HasEnded(EnrollmentStatuses.Stopped) || enrollment.HasEnded(EnrollmentStatuses.Archived);

    /// <summary>
    /// Cancels the timers of these visits. Names no time of change, so that the Scheduler keeps no record of the many
    /// visits without a timer.
    /// </summary>
    public static IEnumerable<IMessage> Cancel(Guid siteId, IReadOnlyList<VisitRow> visits) => visits.Chunk(Limits.MessageItems).Select(some => new Proto.TimersCancelled
    {
        Timers = { some.Select(visit => new Proto.Timer { SiteId = siteId.ToString(), EnrollmentId = visit.EnrollmentId.ToString(), VisitNo = visit.VisitNo }) },
    });

    /// <summary>Returns all messages; empty when there is nothing to send.</summary>
    public static IEnumerable<IMessage> Of(IReadOnlyCollection<Enrollment> enrollments)
    {
        var timers = enrollments.Select(enrollment => (enrollment.Row, Change: enrollment.Timers)).ToList();
        foreach (var some in timers.Where(timer => timer.Change.Start is not null).Chunk(Limits.MessageItems))
            yield return new Proto.TimersRequested { Timers = { some.Select(timer => ToTimer(timer.Row, timer.Change.Start!.Value)) } };

        foreach (var some in timers.Where(timer => timer.Change.Cancel is not null).Chunk(Limits.MessageItems))
            yield return new Proto.TimersCancelled { Timers = { some.Select(timer => ToTimer(timer.Row, new(timer.Change.Cancel!.Value, null))) } };

        foreach (var (siteId, some) in ByJourney(enrollments.Where(enrollment => enrollment.IsUnsaved)))
            yield return new Proto.EnrollmentStarted { SiteId = siteId, Enrollments = { some.Select(enrollment => ToFact(enrollment.Row, 1, enrollment.Row.EnteredAt)) } };

        foreach (var (siteId, some) in ByJourney(enrollments.Where(enrollment => enrollment.HasContinued)))
            yield return new Proto.EnrollmentContinued { SiteId = siteId, Enrollments = { some.Select(enrollment => ToFact(enrollment.Row, 1, enrollment.Row.UpdatedAt)) } };

        foreach (var (siteId, some) in ByJourney(enrollments.Where(enrollment => enrollment.HasEnded(EnrollmentStatuses.Completed))))
            yield return new Proto.EnrollmentCompleted { SiteId = siteId, Enrollments = { some.Select(enrollment => ToFact(enrollment.Row, 2, enrollment.Row.EndedAt!.Value)) } };

        foreach (var (siteId, some) in ByJourney(enrollments.Where(enrollment => enrollment.HasEnded(EnrollmentStatuses.Stopped))))
            yield return new Proto.EnrollmentStopped { SiteId = siteId, Enrollments = { some.Select(enrollment => ToFact(enrollment.Row, 2, enrollment.Row.EndedAt!.Value)) } };

        // An enrollment may have ended before it was merged, so the message has the time of the archiving.
        foreach (var (siteId, some) in ByJourney(enrollments.Where(enrollment => enrollment.HasEnded(EnrollmentStatuses.Archived))))
            yield return new Proto.EnrollmentArchived { SiteId = siteId, Enrollments = { some.Select(ToArchivedFact) } };
    }

    static IEnumerable<(string SiteId, Enrollment[] Enrollments)> ByJourney(IEnumerable<Enrollment> enrollments) => enrollments
        .GroupBy(enrollment => (enrollment.Row.SiteId, enrollment.Row.JourneyId))
        .SelectMany(journey => journey.Chunk(Limits.MessageItems).Select(some => (journey.Key.SiteId.ToString(), some)));

    static Proto.Timer ToTimer(EnrollmentRow row, Wakeup wakeup) => new()
    {
        SiteId = row.SiteId.ToString(),
        JourneyId = row.JourneyId.ToString(),
        EnrollmentId = row.EnrollmentId.ToString(),
        VisitNo = wakeup.VisitNo,
        DueTime = wakeup.At?.ToTimestamp(),
        ChangeTime = row.UpdatedAt.ToTimestamp(),
    };

    static Proto.EnrollmentFact ToArchivedFact(Enrollment enrollment)
    {
        var hadEnded = enrollment.Saved?.Status is EnrollmentStatuses.Completed or EnrollmentStatuses.Stopped;
        return ToFact(enrollment.Row, hadEnded ? 3 : 2, enrollment.Row.UpdatedAt);
    }

    // Each time it continues, its facts begin anew with two more.
    static Proto.EnrollmentFact ToFact(EnrollmentRow row, int factNo, DateTimeOffset at) => new()
    {
        EnrollmentId = row.EnrollmentId.ToString(),
        JourneyId = row.JourneyId.ToString(),
        JourneyVersion = row.Version,
        UserId = row.UserId,
        AnonymousId = row.AnonymousId,
        Attempt = row.Attempt,
        Outcome = row.Outcome,
        StopReason = row.StopReason,
        Time = at.ToTimestamp(),
        MergedIntoId = row.MergedIntoId?.ToString() ?? "",
        FactNo = factNo + (2 * row.Continued),
    };
}
