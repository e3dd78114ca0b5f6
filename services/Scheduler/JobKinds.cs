namespace Journeys.Scheduling;

/// <summary>The kinds of jobs as tables store them; `Job.Kind` in the contract.</summary>
public static class JobKinds
{
    public const string AudienceSweep = "AUDIENCE_SWEEP";
    public const string ListEnrollment = "LIST_ENROLLMENT";
    public const string Archive = "ARCHIVE";
    public const string Release = "RELEASE";
    public const string Erasure = "ERASURE";
    public const string Stop = "STOP";
    public const string RuleEnrollment = "RULE_ENROLLMENT";
    public const string UndoStop = "UNDO_STOP";
}
