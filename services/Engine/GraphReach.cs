namespace Journeys.Engine;

/// <summary>Checks which nodes can be reached from which.</summary>
static class GraphReach
{
    public static IEnumerable<Problem> Validate(JourneyGraph graph)
    {
        var nodes = graph.Nodes.DistinctBy(node => node.Id).ToDictionary(node => node.Id, StringComparer.Ordinal);
        var edges = graph.Edges.Where(edge => nodes.ContainsKey(edge.Source) && nodes.ContainsKey(edge.Target)).ToList();
        var forward = edges.ToLookup(edge => edge.Source, edge => edge.Target, StringComparer.Ordinal);
        var backward = edges.ToLookup(edge => edge.Target, edge => edge.Source, StringComparer.Ordinal);

        var triggers = nodes.Values.OfType<TriggerNode>().Select(node => node.Id).ToList();
        if (triggers.Count == 0)
            yield return new("NO_TRIGGER", "graph.nodes", "must contain at least one trigger.");

        var entered = From(triggers, forward);
        foreach (var node in nodes.Values.Where(node => triggers.Count > 0 && !entered.Contains(node.Id)))
            yield return new("UNREACHABLE_NODE", $"graph.nodes[{node.Id}]", "cannot be reached from any trigger.", node.Id);

        var ending = From(nodes.Values.OfType<ExitNode>().Select(node => node.Id), backward);
        foreach (var node in nodes.Values.Where(node => !ending.Contains(node.Id)))
            yield return new("NO_EXIT_REACHABLE", $"graph.nodes[{node.Id}]", "leads to no exit.", node.Id);

        foreach (var node in InRestlessCycle(nodes, forward))
            yield return new("ENDLESS_CYCLE", $"graph.nodes[{node}]", "is in a cycle in which no node makes people wait.", node);
    }

    static HashSet<string> From(IEnumerable<string> starts, ILookup<string, string> next)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(starts);
        while (open.TryPop(out var node))
        {
            if (!reached.Add(node))
                continue;
            foreach (var target in next[node])
                open.Push(target);
        }

        return reached;
    }

    // A wait for a date or a trait can hold only once: the second time its date has passed.
    static bool AlwaysHolds(Node node) => node switch
    {
        ContentNode or WaitForEventNode or WaitNode { Wait: DurationWait or LocalTimeWait } => true,
        WaitNode or TriggerNode or ConditionNode or SplitNode or GoalCheckNode or ExitNode => false,
        _ => throw node.NotNamed(),
    };

    // Repeatedly removes nodes without a successor or without a predecessor among the nodes that do not hold, until
    // only cycles and the paths between them are left.
    static IEnumerable<string> InRestlessCycle(Dictionary<string, Node> nodes, ILookup<string, string> forward)
    {
        var restless = nodes.Values.Where(node => !AlwaysHolds(node)).Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
        var backward = restless
            .SelectMany(source => forward[source].Where(restless.Contains).Select(target => (source, target)))
            .ToLookup(pair => pair.target, pair => pair.source, StringComparer.Ordinal);
        while (restless.RemoveWhere(node => !forward[node].Any(restless.Contains) || !backward[node].Any(restless.Contains)) > 0)
        {
        }

        return nodes.Keys.Where(restless.Contains);
    }
}
