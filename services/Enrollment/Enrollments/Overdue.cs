namespace Journeys.Enrollments.Enrollments;

/// <summary>What counts as overdue.</summary>
public static class Overdue
{
    /// <summary>How long a wake-up may be late before it counts as lost.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
}
