namespace Journeys.Enrollments.Enrollments;

/// <summary>The statuses of enrollments as tables store them; `Enrollment.Status` in the contract.</summary>
public static class EnrollmentStatuses
{
    public const string Active = "ACTIVE";
    public const string Completed = "COMPLETED";
    public const string Stopped = "STOPPED";
    public const string Archived = "ARCHIVED";
}
