namespace Journeys.Engine;

/// <summary>Finds the problems of a journey's exit rules.</summary>
static class ExitRuleValidator
{
    const int MaxName = 64;

    /// <summary>Returns all problems; empty for valid rules.</summary>
    /// <param name="exits">The rules, in order.</param>
    /// <param name="graph">The graph, whose nodes the rules may name.</param>
    public static IEnumerable<Problem> Validate(IReadOnlyList<ExitRule> exits, JourneyGraph graph)
    {
        if (exits.Count > GraphValidator.MaxExits)
            yield return new("INVALID_COUNT", "exits", $"must have at most {GraphValidator.MaxExits} items; there are {exits.Count}.");

        var nodes = graph.Nodes.Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < exits.Count; i++)
        {
            foreach (var problem in Validate(exits[i], $"exits[{i}]", nodes))
                yield return problem;
            if (exits[i].Name.Length > 0 && !names.Add(exits[i].Name))
                yield return new("DUPLICATE_NAME", $"exits[{i}].name", $"must be unique; {exits[i].Name} is used twice.");
        }
    }

    static IEnumerable<Problem> Validate(ExitRule exit, string field, HashSet<string> nodes)
    {
        if (exit.Name.Length == 0)
            yield return new("MISSING", $"{field}.name", "is required.");
        if (exit.Name.Length > MaxName)
            yield return new("TOO_LONG", $"{field}.name", $"must have at most {MaxName} characters.");
        if (exit.Outcome.Length > MaxName)
            yield return new("TOO_LONG", $"{field}.outcome", $"must have at most {MaxName} characters.");
        foreach (var problem in exit.On is { } on ? OfEvent(on, $"{field}.event") : RuleValidator.Validate(exit.When, RuleScope.Journey, $"{field}.rule"))
            yield return problem;
        foreach (var nodeId in NodesOf(exit.When).Where(nodeId => !nodes.Contains(nodeId)))
            yield return new("UNKNOWN_NODE", $"{field}.rule", $"names the node {nodeId}, which does not exist.");
    }

    static IEnumerable<Problem> OfEvent(EventFilter on, string field)
    {
        if (on.EventName.Length == 0)
            yield return new("MISSING", $"{field}.eventName", "is required.");
        if (on.EventName.Length > PersonEvent.MaxName)
            yield return new("TOO_LONG", $"{field}.eventName", $"must have at most {PersonEvent.MaxName} characters.");
        foreach (var problem in on.Where is null ? [] : RuleValidator.Validate(on.Where, RuleScope.EventOfEnrollment, $"{field}.where"))
            yield return problem;
    }

    // Returns the ids of the nodes whose data the rule reads.
    static IEnumerable<string> NodesOf(Rule? rule) => rule switch
    {
        GroupRule group => group.Rules.SelectMany(NodesOf),
        NotRule not => NodesOf(not.Rule),
        ConditionRule condition when FieldPath.Parse(condition.Field) is { Root: FieldRoot.Journey } path => [path.Keys[0]],
        _ => [],
    };
}
