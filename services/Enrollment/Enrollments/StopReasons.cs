namespace Journeys.Enrollments.Enrollments;

/// <summary>Why enrollments were stopped or archived, as tables and the contract's `Enrollment.stop_reason` have it. The engine adds its own.</summary>
public static class StopReasons
{
    /// <summary>A backend or somebody in the dashboard stopped it.</summary>
    public const string Api = "API";

    /// <summary>The person wanted no more of it.</summary>
    public const string OptOut = "OPT_OUT";

    /// <summary>The person was erased.</summary>
    public const string Erased = "ERASED";

    /// <summary>The visitor turned out to be a user who is in the journey too.</summary>
    public const string Merged = "MERGED";

    /// <summary>The journey was archived.</summary>
    public const string JourneyArchived = "JOURNEY_ARCHIVED";
}
