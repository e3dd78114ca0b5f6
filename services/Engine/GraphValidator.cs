namespace Journeys.Engine;

/// <summary>Finds everything that prevents the publication of a graph, each problem with its node or edge.</summary>
public static class GraphValidator
{
    /// <summary>Maximum number of nodes.</summary>
    public const int MaxNodes = 500;

    /// <summary>Maximum number of edges.</summary>
    public const int MaxEdges = 2_000;

    /// <summary>Maximum number of exit rules.</summary>
    public const int MaxExits = 20;

    /// <summary>Maximum number of characters in the id of a node or an edge.</summary>
    public const int MaxId = 64;

    /// <summary>Returns all problems; empty for a graph that can be published.</summary>
    public static IReadOnlyList<Problem> Validate(JourneyGraph graph, Goal? goal = null, IReadOnlyList<ExitRule>? exits = null)
    {
        var problems = new List<Problem>();
        if (graph.Nodes.Count > MaxNodes)
            problems.Add(new("TOO_MANY_NODES", "graph.nodes", $"must have at most {MaxNodes} items; there are {graph.Nodes.Count}."));
        if (graph.Edges.Count > MaxEdges)
            problems.Add(new("TOO_MANY_EDGES", "graph.edges", $"must have at most {MaxEdges} items; there are {graph.Edges.Count}."));
        if (problems.Count > 0)
            return problems;

        problems.AddRange(Ids(graph));
        foreach (var node in graph.Nodes)
            problems.AddRange(NodeValidator.Validate(node));
        if (goal is not null)
            problems.AddRange(RuleValidator.Validate(goal.Rule, RuleScope.Journey, "goal.rule"));
        if (goal is null)
            problems.AddRange(GoalChecksWithoutGoal(graph));
        problems.AddRange(ExitRuleValidator.Validate(exits ?? [], graph));
        problems.AddRange(Ways(graph));
        problems.AddRange(GraphReach.Validate(graph));
        return problems;
    }

    static IEnumerable<Problem> Ids(JourneyGraph graph)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in graph.Nodes)
        {
            if (!IsSlug(node.Id))
                yield return new("INVALID_ID", $"graph.nodes[{node.Id}].id", $"must have 1 to {MaxId} letters, digits, _ or -.", node.Id);
            if (!seen.Add(node.Id))
                yield return new("DUPLICATE_ID", $"graph.nodes[{node.Id}].id", $"must be unique; another node has the id {node.Id}.", node.Id);
        }

        var edges = new HashSet<string>(StringComparer.Ordinal);
        foreach (var edge in graph.Edges)
        {
            if (edge.Id.Length is 0 or > MaxId)
                yield return new("INVALID_ID", $"graph.edges[{edge.Id}].id", $"must have 1 to {MaxId} characters.", EdgeId: edge.Id);
            if (!edges.Add(edge.Id))
                yield return new("DUPLICATE_ID", $"graph.edges[{edge.Id}].id", $"must be unique; another edge has the id {edge.Id}.", EdgeId: edge.Id);
            if (!seen.Contains(edge.Source))
                yield return new("UNKNOWN_NODE", $"graph.edges[{edge.Id}].source", $"names the node {edge.Source}, which does not exist.", EdgeId: edge.Id);
            if (!seen.Contains(edge.Target))
                yield return new("UNKNOWN_NODE", $"graph.edges[{edge.Id}].target", $"names the node {edge.Target}, which does not exist.", EdgeId: edge.Id);
        }
    }

    /// <summary>Returns whether a text can be the id of a node.</summary>
    public static bool IsSlug(string id) => id.Length is > 0 and <= MaxId && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    // Every branch has exactly one edge, there are no other edges, and no edge leads into a trigger.
    static IEnumerable<Problem> Ways(JourneyGraph graph)
    {
        var bySource = graph.Edges.ToLookup(edge => edge.Source, StringComparer.Ordinal);
        var triggers = graph.Nodes.OfType<TriggerNode>().Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var edge in graph.Edges.Where(edge => triggers.Contains(edge.Target)))
            yield return new("EDGE_INTO_TRIGGER", $"graph.edges[{edge.Id}].target", "must not be a trigger.", EdgeId: edge.Id);

        foreach (var node in graph.Nodes.DistinctBy(node => node.Id))
        {
            var (required, optional) = Branches(node);
            var used = new HashSet<string>(StringComparer.Ordinal);
            foreach (var edge in bySource[node.Id])
            {
                if (!required.Contains(edge.Branch) && !optional.Contains(edge.Branch))
                    yield return new("UNKNOWN_BRANCH", $"graph.edges[{edge.Id}].branch", $"must be a branch of {node.Id}, which has no {Name(edge.Branch)}.", EdgeId: edge.Id);
                else if (!used.Add(edge.Branch))
                    yield return new("DUPLICATE_BRANCH", $"graph.edges[{edge.Id}].branch", $"must be unique; another edge leaves {node.Id} by its {Name(edge.Branch)}.", EdgeId: edge.Id);
            }

            foreach (var branch in required.Where(branch => !used.Contains(branch)))
                yield return new("MISSING_EDGE", $"graph.nodes[{node.Id}]", $"must have an edge for its {Name(branch)}.", node.Id);
        }
    }

    static string Name(string branch) => branch.Length == 0 ? "default branch" : $"branch {branch}";

    /// <summary>Returns the branches that a node must have, and those that it can have.</summary>
    public static (IReadOnlyList<string> Required, IReadOnlyList<string> Optional) Branches(Node node) => node switch
    {
        ContentNode { ExpireAfter: not null } => (["", "timeout"], ["dismissed", "skipped"]),
        ContentNode => ([""], ["dismissed", "skipped"]),
        WaitForEventNode { Timeout: not null } => (["event", "timeout"], []),
        WaitForEventNode => (["event"], []),
        ConditionNode condition => ([.. condition.Branches.Select(branch => branch.Name).Distinct(StringComparer.Ordinal), "else"], []),
        SplitNode split => ([.. split.Variants.Select(variant => variant.Name).Distinct(StringComparer.Ordinal)], []),
        GoalCheckNode => (["success", "fallback"], []),
        ExitNode => ([], []),
        TriggerNode or WaitNode => ([""], []),
        _ => throw node.NotNamed(),
    };

    static IEnumerable<Problem> GoalChecksWithoutGoal(JourneyGraph graph) => graph.Nodes
        .OfType<GoalCheckNode>()
        .Where(node => node.Rule is null)
        .Select(node => new Problem(
            "NO_GOAL", $"graph.nodes[{node.Id}].goalCheck.rule", "is required, because the journey has no goal.", node.Id));
}
