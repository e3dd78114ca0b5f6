using Journeys.Enrollments.Journeys;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Decides whether a person may begin another attempt.</summary>
public static class ReEnrollment
{
    /// <summary>Whether a new attempt may begin now. Otherwise the person keeps the present enrollment.</summary>
    /// <param name="latest">The person's latest attempt; null for the first.</param>
    /// <param name="journey">The journey as published.</param>
    /// <param name="now">The time at which the new attempt would begin.</param>
    public static bool MayBegin(EnrollmentRow? latest, LiveJourney journey, DateTimeOffset now) =>
        latest is null || (latest.EndedAt is { } endedAt && journey.ReEntry.MayBegin(endedAt, LeftEarly(latest), now));

    /// <summary>Whether the journey allows another attempt after the latest one ended as it did.</summary>
    public static bool AllowsReturn(EnrollmentRow latest, LiveJourney journey) => journey.ReEntry.AllowsReturn(LeftEarly(latest));

    // An archived enrollment counts as left early too.
    static bool LeftEarly(EnrollmentRow latest) => latest.Status is EnrollmentStatuses.Stopped or EnrollmentStatuses.Archived;
}
