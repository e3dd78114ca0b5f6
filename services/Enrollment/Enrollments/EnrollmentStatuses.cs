namespace Journeys.Enrollments.Enrollments;

/// <summary>Where enrollments stand, as tables keep it; the contract's `Enrollment.Status`.</summary>
public static class EnrollmentStatuses
{
    public const string Active = "ACTIVE";
    public const string Completed = "COMPLETED";
    public const string Stopped = "STOPPED";
    public const string Archived = "ARCHIVED";
}
