namespace Journeys.Enrollments.Enrollments;

/// <summary>A change of one count of a journey.</summary>
public sealed record CountChange(Tally.Key Key, long Amount);

/// <summary>Adds up the changes that one transaction makes to the counts of journeys.</summary>
/// <remarks>
/// Counts are exact because they are written in the same transaction as the rows they count. A step is one row, from
/// which the counts of both of its nodes are derived when they are read.
/// </remarks>
public sealed class Tally
{
    readonly Dictionary<Key, long> changes = [];

    /// <summary>Counts the changes of an enrollment since it was last saved.</summary>
    public void Count(Enrollment enrollment)
    {
        var (row, saved) = (enrollment.Row, enrollment.Saved);
        var (nodeId, since) = (saved?.NodeId ?? "", saved?.WaitingSince ?? row.EnteredAt);
        foreach (var visit in enrollment.Visits)
        {
            Move(row, nodeId, visit.Branch, visit.NodeId, visit.EnteredAt - since);
            (nodeId, since) = (visit.NodeId, visit.EnteredAt);
        }

        foreach (var content in enrollment.Contents)
            Report(row, content);

        if (row.Status != saved?.Status)
            ChangeStatus(row, saved?.Status ?? "", row.Status);
        if (!enrollment.IsActive && (saved is null || saved.Status == EnrollmentStatuses.Active))
            End(row, nodeId);
        if (enrollment.HasContinued)
            End(row, nodeId, amount: -1);
        if (enrollment.HasEnded(EnrollmentStatuses.Completed))
            Complete(row, row.Outcome, row.EndedAt!.Value);
        if (saved is { Status: EnrollmentStatuses.Completed } && row.Status != EnrollmentStatuses.Completed)
            Uncomplete(row, saved.Outcome, saved.EndedAt!.Value);
        if (row.GoalAt is { } goalAt && saved?.GoalAt is null)
            ReachGoal(row, goalAt);
    }

    /// <summary>Counts a report that was not counted when it was stored.</summary>
    public void Count(OldReport report) => Add(
        new() { SiteId = report.SiteId, JourneyId = report.JourneyId, Version = report.Version, EnteredAt = report.EnteredAt },
        TallyKinds.Reported, report.NodeId!, report.Outcome);

    /// <summary>Counts content that appeared.</summary>
    public void Show(EnrollmentRow row, string nodeId) => Add(row, TallyKinds.Shown, nodeId);

    /// <summary>Counts content that did not appear, or subtracts it again when the content appears after all.</summary>
    public void Miss(EnrollmentRow row, string nodeId, int amount) => Add(row, TallyKinds.NotShown, nodeId, amount: amount);

    // Counts a step from one node to another, by branch and duration. The first node is empty on entry.
    void Move(EnrollmentRow row, string nodeId, string branch, string targetId, TimeSpan spent) =>
        Add(row, TallyKinds.Moved, nodeId, branch, targetId, nodeId.Length > 0 ? DurationBuckets.Of(spent) : 0);

    // Counts finished content. The branch that was followed depends on the graph.
    void Report(EnrollmentRow row, ContentRow content) => Add(row, TallyKinds.Reported, content.NodeId, content.Outcome);

    // Counts an enrollment that ended at a node, or subtracts it when it continues there.
    void End(EnrollmentRow row, string nodeId, int amount = 1) => Add(row, TallyKinds.Ended, nodeId, amount: amount);

    // Counts a new status. The old one is empty for a new enrollment.
    void ChangeStatus(EnrollmentRow row, string from, string to)
    {
        if (from.Length > 0)
            Add(row, TallyKinds.Status, label: from, amount: -1);
        Add(row, TallyKinds.Status, label: to);
    }

    // Counts an enrollment that reached an exit.
    void Complete(EnrollmentRow row, string outcome, DateTimeOffset at)
    {
        Add(row, TallyKinds.Outcome, label: outcome);
        Add(row, TallyKinds.DoneOn, label: Day(at));
    }

    // Subtracts a completed enrollment that was merged into another one, which counts instead.
    void Uncomplete(EnrollmentRow row, string outcome, DateTimeOffset at)
    {
        Add(row, TallyKinds.Outcome, label: outcome, amount: -1);
        Add(row, TallyKinds.DoneOn, label: Day(at), amount: -1);
    }

    // Counts an enrollment that reached the journey's goal.
    void ReachGoal(EnrollmentRow row, DateTimeOffset at)
    {
        Add(row, TallyKinds.Goal);
        Add(row, TallyKinds.GoalOn, label: Day(at));
    }

    /// <summary>The changes, without those that cancel out.</summary>
    public IReadOnlyList<CountChange> Changes =>
        [.. changes.Where(change => change.Value != 0).Select(change => new CountChange(change.Key, change.Value))];

    void Add(EnrollmentRow row, string kind, string nodeId = "", string label = "", string targetId = "", int bucket = 0, long amount = 1)
    {
        var key = new Key(row.SiteId, row.JourneyId, row.Version, DateOnly.FromDateTime(row.EnteredAt.UtcDateTime), kind, nodeId, label, targetId, bucket);
        changes[key] = changes.GetValueOrDefault(key) + amount;
    }

    static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Identifies a count.</summary>
    public readonly record struct Key(
        Guid SiteId, Guid JourneyId, int Version, DateOnly EntryDay, string Kind, string NodeId, string Label, string TargetId, int Bucket);
}
