using Journeys.Engine;

namespace Journeys.PopulationSimulation;

/// <summary>Where somebody stands when the simulation ends, as reports write it; of those who came in, the contract's `Enrollment.Status`.</summary>
public static class EndingStatuses
{
    public const string NotEntered = "NOT_ENTERED";
    public const string Active = "ACTIVE";
    public const string Completed = "COMPLETED";
    public const string Stopped = "STOPPED";

    /// <summary>Returns the status of progress, and the name of its outcome or of why it was stopped.</summary>
    public static (string Status, string Name) Of(Progress progress) => progress.Status switch
    {
        ProgressStatus.Completed => (Completed, progress.Outcome),
        ProgressStatus.Stopped => (Stopped, progress.StopReason),
        _ => (Active, ""),
    };
}
