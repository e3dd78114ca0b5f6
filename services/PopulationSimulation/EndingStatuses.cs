using Journeys.Engine;

namespace Journeys.PopulationSimulation;

/// <summary>
/// The statuses of people at the end of a simulation, as reports write them. For people who entered, the contract's
/// `Enrollment.Status`.
/// </summary>
public static class EndingStatuses
{
    public const string NotEntered = "NOT_ENTERED";
    public const string Active = "ACTIVE";
    public const string Completed = "COMPLETED";
    public const string Stopped = "STOPPED";

    /// <summary>Returns the status of progress, and its outcome or stop reason.</summary>
    public static (string Status, string Name) Of(Progress progress) => progress.Status switch
    {
        ProgressStatus.Completed => (Completed, progress.Outcome),
        ProgressStatus.Stopped => (Stopped, progress.StopReason),
        _ => (Active, ""),
    };
}
