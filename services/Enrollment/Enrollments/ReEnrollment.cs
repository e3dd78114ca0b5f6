using Journeys.Enrollments.Journeys;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Decides whether somebody may begin an attempt.</summary>
public static class ReEnrollment
{
    /// <summary>Whether a new attempt may begin now; otherwise the person keeps the enrollment they have.</summary>
    /// <param name="latest">The person's newest attempt; null for the first.</param>
    /// <param name="journey">The journey as published.</param>
    /// <param name="now">When the new attempt would begin.</param>
    public static bool MayBegin(EnrollmentRow? latest, LiveJourney journey, DateTimeOffset now) =>
        latest is null || (latest.EndedAt is { } endedAt && journey.ReEntry.MayBegin(endedAt, LeftEarly(latest), now));

    /// <summary>Whether the journey lets somebody come back from how their newest attempt ended.</summary>
    public static bool AllowsReturn(EnrollmentRow latest, LiveJourney journey) => journey.ReEntry.AllowsReturn(LeftEarly(latest));

    // Somebody whose enrollment was archived left early too.
    static bool LeftEarly(EnrollmentRow latest) => latest.Status is EnrollmentStatuses.Stopped or EnrollmentStatuses.Archived;
}
