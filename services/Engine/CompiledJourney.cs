namespace Journeys.Engine;

/// <summary>A valid graph made ready for running: nodes in an array, ways out as positions, rules as delegates. Made once, kept for ever.</summary>
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

    /// <summary>The journey; splits hash it.</summary>
    public Guid JourneyId { get; }

    /// <summary>What people should reach; null for nothing.</summary>
    public Goal? Goal { get; }

    /// <summary>Whether the goal is reached; null when there is none.</summary>
    public RulePredicate? IsGoal { get; }

    /// <summary>Who leaves early, in the order in which it is asked.</summary>
    public IReadOnlyList<CompiledExit> Exits { get; }

    /// <summary>Used for people without a known zone.</summary>
    public string? TimeZone { get; }

    /// <summary>What has to be known of people to run this.</summary>
    public RuleNeeds Needs { get; }

    /// <summary>Whether the goal or an exit rule, which are asked at any time, ask which content people have finished.</summary>
    public bool AsksForContent { get; }

    /// <summary>Whether somebody may wait for a date of theirs, which may move while they do.</summary>
    public bool AwaitsDates { get; }

    /// <summary>The ways in, in the author's order.</summary>
    public IReadOnlyList<CompiledTrigger> Triggers { get; }

    /// <summary>The nodes.</summary>
    public IEnumerable<Node> Nodes => byId.Values.Select(node => node.Node);

    /// <summary>The node with this id; null when there is none.</summary>
    public Node? Find(string nodeId) => byId.GetValueOrDefault(nodeId)?.Node;

    /// <summary>Whether an event of this name could move somebody inside.</summary>
    public bool ListensTo(string eventName) => Needs.Awaited.Contains(eventName) || Needs.Events.Contains(eventName);

    internal CompiledNode? NodeAt(string nodeId) => byId.GetValueOrDefault(nodeId);

    /// <summary>A journey without nodes, for what can be done with an enrollment whose version cannot be read: to stop and to archive it.</summary>
    public static CompiledJourney Unreadable { get; } = Compile(Guid.Empty, new JourneyGraph([], []));

    /// <summary>Compiles a graph that <see cref="GraphValidator"/> found no fault with.</summary>
    public static CompiledJourney Compile(
        Guid journeyId, JourneyGraph graph, Goal? goal = null, string? timeZone = null, IReadOnlyList<ExitRule>? exits = null)
    {
        var byId = graph.Nodes.ToDictionary(node => node.Id, node => new CompiledNode(node), StringComparer.Ordinal);
        foreach (var edge in graph.Edges)
            byId[edge.Source].Connect(edge.Branch, byId[edge.Target]);

        return new CompiledJourney(journeyId, byId, goal, exits ?? [], timeZone, RuleNeeds.Of(graph, goal, exits ?? []));
    }
}

/// <summary>A node with its ways out and its rules compiled.</summary>
sealed class CompiledNode(Node node)
{
    readonly Dictionary<string, CompiledNode> exits = new(StringComparer.Ordinal);

    public Node Node { get; } = node;

    /// <summary>A condition's rules, or the goal check's own rule.</summary>
    public RulePredicate[] Rules { get; } = node switch
    {
        ConditionNode condition => [.. condition.Branches.Select(branch => RuleCompiler.Compile(branch.Rule))],
        GoalCheckNode { Rule: { } rule } => [RuleCompiler.Compile(rule)],
        _ => [],
    };

    /// <summary>A wait's events with their filters.</summary>
    public (string Name, RulePredicate? Where)[] Events { get; } = node is WaitForEventNode hold
        ? [.. hold.Events.Select(filter => (filter.EventName, filter.Where is null ? null : RuleCompiler.Compile(filter.Where)))]
        : [];

    public void Connect(string branch, CompiledNode target) => exits[branch] = target;

    /// <summary>Where a branch leads; a branch without an edge of its own takes the plain one.</summary>
    public (string Branch, CompiledNode Target)? Way(string branch) =>
        exits.TryGetValue(branch, out var target) ? (branch, target)
        : exits.TryGetValue("", out target) ? ("", target)
        : null;
}
