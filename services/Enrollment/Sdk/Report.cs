using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Profiles;

namespace Journeys.Enrollments.Sdk;

/// <summary>A report of finished content.</summary>
/// <param name="Person">The person who reports.</param>
/// <param name="JourneyId">The journey.</param>
/// <param name="Reported">The finished content.</param>
/// <param name="EnrollmentId">The attempt; null if the caller does not name it.</param>
public sealed record Report(PersonKey Person, Guid JourneyId, Signal.Reported Reported, Guid? EnrollmentId)
{
    /// <summary>Whether the report is about this attempt and the attempt is active.</summary>
    /// <remarks>
    /// Visits are numbered from 1 in each attempt, so a visit of an earlier attempt may have the number of the present
    /// one.
    /// </remarks>
    public bool IsAbout(Enrollment enrollment) =>
        enrollment.IsActive && (EnrollmentId is null || EnrollmentId == enrollment.Row.EnrollmentId);
}

/// <summary>The result of a report.</summary>
/// <param name="Enrollment">The enrollment after the report.</param>
/// <param name="Outcome">The effect of the report.</param>
public sealed record ReportResult(Enrollment Enrollment, SignalOutcome Outcome);
