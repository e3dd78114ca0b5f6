namespace Journeys.Enrollments.Simulations;

/// <summary>The statuses of simulations as tables store them; `Simulation.Status` in the contract.</summary>
public static class SimulationStatuses
{
    public const string Queued = "QUEUED";
    public const string Running = "RUNNING";
    public const string Completed = "COMPLETED";
    public const string Failed = "FAILED";
    public const string Cancelled = "CANCELLED";

    /// <summary>The statuses of simulations that have not ended, for SQL.</summary>
    public const string Open = $"('{Queued}', '{Running}')";
}
