namespace Journeys.Enrollments.Enrollments;

/// <summary>The kinds of counts of a journey, as tables store them.</summary>
public static class TallyKinds
{
    /// <summary>Steps from a node (empty on entry) by a branch to another node, by duration.</summary>
    public const string Moved = "MOVED";

    /// <summary>Enrollments that ended at a node.</summary>
    public const string Ended = "ENDED";

    /// <summary>Reports that content was finished at a node, by outcome.</summary>
    public const string Reported = "REPORTED";

    /// <summary>Visits whose content appeared.</summary>
    public const string Shown = "SHOWN";

    /// <summary>Visits whose content did not appear although a page tried.</summary>
    public const string NotShown = "NOT_SHOWN";

    /// <summary>Enrollments in each status.</summary>
    public const string Status = "STATUS";

    /// <summary>Completed enrollments by the outcome of their exit.</summary>
    public const string Outcome = "OUTCOME";

    /// <summary>Completed enrollments by day.</summary>
    public const string DoneOn = "DONE_ON";

    /// <summary>Enrollments that reached the goal.</summary>
    public const string Goal = "GOAL";

    /// <summary>Enrollments that reached the goal, by day.</summary>
    public const string GoalOn = "GOAL_ON";
}
