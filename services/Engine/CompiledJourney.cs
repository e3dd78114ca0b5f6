namespace Journeys.Engine;

/// <summary>
/// A valid graph prepared for execution: edges resolved to nodes, rules compiled to delegates. Compiled once and
/// cached.
/// </summary>
public sealed class CompiledJourney
{
    readonly Dictionary<string, CompiledNode> byId;

    CompiledJourney(Guid journeyId, Dictionary<string, CompiledNode> byId, Goal? goal, IReadOnlyList<ExitRule> exits, string? timeZone, RuleNeeds needs)
    {
        this.byId = byId;
        JourneyId = journeyId;
        Goal = goal;
        IsGoal = goal is null ? null : RuleCompiler.Compile(goal.Rule);
        Exits = [.. exits.Select(exit => new CompiledExit(exit))];
        TimeZone = timeZone;
        Needs = needs;
        AsksForContent = new[] { goal?.Rule }.Concat(exits.Select(exit => exit.When)).OfType<Rule>().Any(rule => RuleNeeds.Of(rule).Contents.Count > 0);
        AwaitsDates = byId.Values.Any(node => node.Node is WaitNode { Wait: TraitDateWait });
        Triggers = [.. byId.Values.Select(node => node.Node).OfType<TriggerNode>().Select(node => new CompiledTrigger(node))];
    }

    /// <summary>The journey's id, which splits hash.</summary>
    public Guid JourneyId { get; }

    /// <summary>The goal of the journey; null for none.</summary>
    public Goal? Goal { get; }

    /// <summary>The compiled rule of the goal; null when there is no goal.</summary>
    public RulePredicate? IsGoal { get; }

    /// <summary>The exit rules, in the order in which they are evaluated.</summary>
    public IReadOnlyList<CompiledExit> Exits { get; }

    /// <summary>The time zone for people without a known zone.</summary>
    public string? TimeZone { get; }

    /// <summary>The data about people that the journey's rules need.</summary>
    public RuleNeeds Needs { get; }

    /// <summary>
    /// Whether the goal or an exit rule, which can be evaluated at any time, needs the content that people have
    /// finished.
    /// </summary>
    public bool AsksForContent { get; }

    /// <summary>Whether the journey waits for dates of traits, which can change during the wait.</summary>
    public bool AwaitsDates { get; }

    /// <summary>The triggers, in the author's order.</summary>
    public IReadOnlyList<CompiledTrigger> Triggers { get; }

    /// <summary>The nodes.</summary>
    public IEnumerable<Node> Nodes => byId.Values.Select(node => node.Node);

    /// <summary>Returns the node with this id; null when there is none.</summary>
    public Node? Find(string nodeId) => byId.GetValueOrDefault(nodeId)?.Node;

    /// <summary>Returns whether an event of this name could move an enrollment of the journey.</summary>
    public bool ListensTo(string eventName) => Needs.Awaited.Contains(eventName) || Needs.Events.Contains(eventName);

    internal CompiledNode? NodeAt(string nodeId) => byId.GetValueOrDefault(nodeId);

    /// <summary>A journey without nodes, to stop or archive enrollments whose version cannot be read.</summary>
    public static CompiledJourney Unreadable { get; } = Compile(Guid.Empty, new JourneyGraph([], []));

    /// <summary>Compiles a graph in which <see cref="GraphValidator"/> found no problem.</summary>
    public static CompiledJourney Compile(
        Guid journeyId, JourneyGraph graph, Goal? goal = null, string? timeZone = null, IReadOnlyList<ExitRule>? exits = null)
    {
        var byId = graph.Nodes.ToDictionary(node => node.Id, node => new CompiledNode(node), StringComparer.Ordinal);
        foreach (var edge in graph.Edges)
            byId[edge.Source].Connect(edge.Branch, byId[edge.Target]);

        return new CompiledJourney(journeyId, byId, goal, exits ?? [], timeZone, RuleNeeds.Of(graph, goal, exits ?? []));
    }
}

/// <summary>A node with its outgoing edges and its compiled rules.</summary>
sealed class CompiledNode(Node node)
{
    readonly Dictionary<string, CompiledNode> exits = new(StringComparer.Ordinal);

    public Node Node { get; } = node;

    /// <summary>The rules of a condition, or the own rule of a goal check.</summary>
    public RulePredicate[] Rules { get; } = node switch
    {
        ConditionNode condition => [.. condition.Branches.Select(branch => RuleCompiler.Compile(branch.Rule))],
        GoalCheckNode { Rule: { } rule } => [RuleCompiler.Compile(rule)],
        TriggerNode or ContentNode or WaitNode or WaitForEventNode or SplitNode or GoalCheckNode or ExitNode => [],
        _ => throw node.NotNamed(),
    };

    /// <summary>The events of a wait, with their filters.</summary>
    public (string Name, RulePredicate? Where)[] Events { get; } = node is WaitForEventNode hold
        ? [.. hold.Events.Select(filter => (filter.EventName, filter.Where is null ? null : RuleCompiler.Compile(filter.Where)))]
        : [];

    public void Connect(string branch, CompiledNode target) => exits[branch] = target;

    /// <summary>Returns the target of a branch; a branch without its own edge takes the default edge.</summary>
    public (string Branch, CompiledNode Target)? Way(string branch) =>
        exits.TryGetValue(branch, out var target) ? (branch, target)
        : exits.TryGetValue("", out target) ? ("", target)
        : null;
}
