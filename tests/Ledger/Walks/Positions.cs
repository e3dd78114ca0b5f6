using Journeys.Engine;

namespace Journeys.Ledgers.Walks;

/// <summary>Every active enrollment waits for something that its node can provide.</summary>
public sealed class Positions : IHistoryRule
{
    public string Name => "positions";

    public IEnumerable<Finding> Judge(History history, VersionGraph? graph)
    {
        if (!history.IsActive)
            yield break;

        if (history.WaitingFor == "NOTHING")
            yield return history.Found(Name, FindingKind.Stuck, $"It is active at {history.NodeId} and waits for nothing.");
        else if (graph?.Find(history.NodeId) is { } here && !Gives(here, history.WaitingFor))
            yield return history.Found(Name, FindingKind.Stuck, $"It waits for {history.WaitingFor} at {history.NodeId}, which never gives that.");
        else if (history is { WaitingFor: "TIME" or "PARKED", WakeAt: null })
            yield return history.Found(Name, FindingKind.Stuck, $"It waits for a time at {history.NodeId}, and nothing says which.");
    }

    // A parked enrollment has stopped between two nodes that do not wait.
    static bool Gives(Node node, string waitingFor) => waitingFor switch
    {
        "REPORT" => node is ContentNode,
        "EVENT" => node is WaitForEventNode,
        "TIME" => node is WaitNode,
        "PARKED" => node is not (ContentNode or WaitForEventNode or ExitNode),
        _ => false,
    };
}
