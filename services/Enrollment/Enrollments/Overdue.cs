namespace Journeys.Enrollments.Enrollments;

public static class Overdue
{
    /// <summary>The time after which a timer that has not arrived counts as lost.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
}
