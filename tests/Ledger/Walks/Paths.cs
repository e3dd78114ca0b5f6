using Journeys.Engine;

namespace Journeys.Ledgers.Walks;

/// <summary>
/// Every path is possible in its version: it begins at a trigger, every step follows an edge, a split chooses the
/// variant of the person's hash, and it ends at an exit, by the goal or by an exit rule.
/// </summary>
public sealed class Paths : IHistoryRule
{
    public string Name => "paths";

    public IEnumerable<Finding> Judge(History history, VersionGraph? graph)
    {
        if (graph is null)
        {
            yield return history.Found(Name, FindingKind.Unexpected, $"Definition has no version {history.Version} of journey {history.JourneyId} that can be read.");
            yield break;
        }

        if (history.Visits is [{ VisitNo: 1 } first, ..] && (graph.Find(first.NodeId) is not TriggerNode || first.Branch.Length > 0))
            yield return history.Found(Name, FindingKind.Unexpected, $"It began at {Describe(first)}, which is not a trigger of version {history.Version}.", 1);

        foreach (var (from, to) in history.Steps)
        {
            if (!graph.Leads(from.NodeId, to.Branch, to.NodeId))
                yield return history.Found(Name, FindingKind.Unexpected, $"No edge of version {history.Version} leads from {from.NodeId} to {Describe(to)}.", to.VisitNo);
            else if (graph.Find(from.NodeId) is SplitNode split && Variant(graph, split, history) is var variant && variant != to.Branch)
                yield return history.Found(Name, FindingKind.Unexpected, $"{split.Id} shared the person out to {to.Branch}, and {variant} is theirs.", to.VisitNo);
        }

        if (history.Status == "COMPLETED" && !Completes(graph, history))
            yield return history.Found(Name, FindingKind.Unexpected, $"It was completed as {history.Outcome} at {history.NodeId}, which is not an exit with that outcome.");
        if (history is { Status: "STOPPED", StopReason: ExitRule.StopReason } && !graph.Exits.Any(exit => exit.Outcome.Length == 0 && exit.Name == history.Outcome))
            yield return history.Found(Name, FindingKind.Unexpected, $"The exit rule {history.Outcome} stopped it, which version {history.Version} does not have.");
    }

    // Whether it completes by the goal, by an exit rule, or at an exit.
    static bool Completes(VersionGraph graph, History history) =>
        history.Outcome == JourneyEngine.GoalOutcome
        || (graph.Find(history.NodeId) is ExitNode exit
            ? exit.Outcome == history.Outcome
            : graph.Exits.Any(rule => rule.Outcome.Length > 0 && rule.Outcome == history.Outcome));

    static string Variant(VersionGraph graph, SplitNode split, History history) =>
        SplitHash.Choose(split.Variants, SplitHash.Slot(graph.JourneyId, split.Id, history.FirstId)).Name;

    static string Describe(Visited visit) => visit.Branch.Length > 0 ? $"{visit.NodeId} by {visit.Branch}" : visit.NodeId;
}
