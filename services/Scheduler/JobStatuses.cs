namespace Journeys.Scheduling;

/// <summary>Where jobs stand, as tables keep it; the contract's `Job.Status`.</summary>
public static class JobStatuses
{
    public const string Running = "RUNNING";
    public const string Completed = "COMPLETED";
    public const string Failed = "FAILED";
    public const string Cancelled = "CANCELLED";
}
