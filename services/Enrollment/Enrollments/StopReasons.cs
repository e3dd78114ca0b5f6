namespace Journeys.Enrollments.Enrollments;

/// <summary>
/// Why enrollments were stopped or archived, as tables and `Enrollment.stop_reason` in the contract have it. The engine
/// adds its own reasons.
/// </summary>
public static class StopReasons
{
    /// <summary>A backend or a member in the dashboard stopped it.</summary>
    public const string Api = "API";

    /// <summary>The person opted out.</summary>
    public const string OptOut = "OPT_OUT";

    /// <summary>The person was erased.</summary>
    public const string Erased = "ERASED";

    /// <summary>The visitor was stitched to a user who is in the journey too.</summary>
    public const string Merged = "MERGED";

    /// <summary>The journey was archived.</summary>
    public const string JourneyArchived = "JOURNEY_ARCHIVED";
}
