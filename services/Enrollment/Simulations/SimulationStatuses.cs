namespace Journeys.Enrollments.Simulations;

/// <summary>Where simulations stand, as tables keep it; the contract's `Simulation.Status`.</summary>
public static class SimulationStatuses
{
    public const string Queued = "QUEUED";
    public const string Running = "RUNNING";
    public const string Completed = "COMPLETED";
    public const string Failed = "FAILED";
    public const string Cancelled = "CANCELLED";

    /// <summary>In SQL, those of simulations that have not ended.</summary>
    public const string Open = $"('{Queued}', '{Running}')";
}
