namespace Journeys.Scheduling;

/// <summary>What jobs do, as tables keep it; the contract's `Job.Kind`.</summary>
public static class JobKinds
{
    public const string AudienceSweep = "AUDIENCE_SWEEP";
    public const string ListEnrollment = "LIST_ENROLLMENT";
    public const string Archive = "ARCHIVE";
    public const string Release = "RELEASE";
    public const string Erasure = "ERASURE";
    public const string Stop = "STOP";
}
