namespace Journeys.Scheduling;

/// <summary>The statuses of jobs as tables store them; `Job.Status` in the contract.</summary>
public static class JobStatuses
{
    public const string Running = "RUNNING";
    public const string Completed = "COMPLETED";
    public const string Failed = "FAILED";
    public const string Cancelled = "CANCELLED";
}
