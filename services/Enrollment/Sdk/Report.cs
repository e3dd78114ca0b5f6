using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Profiles;

namespace Journeys.Enrollments.Sdk;

/// <summary>A report of finished content.</summary>
/// <param name="Person">Who reports.</param>
/// <param name="JourneyId">In which journey.</param>
/// <param name="Reported">What was finished.</param>
/// <param name="EnrollmentId">The attempt that is meant; null where the caller does not say.</param>
public sealed record Report(PersonKey Person, Guid JourneyId, Signal.Reported Reported, Guid? EnrollmentId)
{
    /// <summary>Whether it is about this attempt, and the attempt is under way.</summary>
    /// <remarks>Visits are numbered anew in each attempt, so one of an earlier attempt may look like the present one.</remarks>
    public bool IsAbout(Enrollment enrollment) =>
        enrollment.IsActive && (EnrollmentId is null || EnrollmentId == enrollment.Row.EnrollmentId);
}

/// <summary>What became of a report.</summary>
/// <param name="Enrollment">The enrollment as it is now.</param>
/// <param name="Outcome">What the report did to it.</param>
public sealed record ReportResult(Enrollment Enrollment, SignalOutcome Outcome);
