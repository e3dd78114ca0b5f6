namespace Journeys.Engine;

/// <summary>Checks whether the rules of a journey cost too much, each alone and all together.</summary>
public static class JourneyBudget
{
    /// <summary>Maximum number of parts in all rules, including those of the audiences that they name.</summary>
    public const int MaxParts = 10_000;

    /// <summary>Maximum number of regular expressions, including those of triggers.</summary>
    public const int MaxPatterns = 100;

    /// <summary>Maximum number of characters in all regular expressions, with repetitions expanded.</summary>
    public const int MaxPatternSize = 10_000;

    /// <summary>Returns the limits that the journey exceeds; empty for most journeys.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="goal">The goal; null for none.</param>
    /// <param name="exits">The exit rules.</param>
    /// <param name="costs">Computes the costs of rules, including those of audiences.</param>
    public static IEnumerable<Problem> Validate(JourneyGraph graph, Goal? goal, IReadOnlyList<ExitRule> exits, RuleCosts costs)
    {
        var all = new RuleCost(0);
        foreach (var (nodeId, field, rule) in RulesOf(graph, goal, exits))
        {
            var cost = costs.Of(rule);
            all += cost;
            if (cost.Fault is { } fault)
                yield return new("RULE_TOO_LARGE", field, fault, nodeId);
        }

        foreach (var trigger in graph.Nodes.OfType<TriggerNode>().Select(node => node.Trigger).OfType<UrlMatchTrigger>())
        {
            if (trigger.MatchType == UrlMatchType.Regex)
                all += new RuleCost(1, 1, RegexSubset.SizeOf(trigger.Pattern));
        }

        if (all.Parts > MaxParts)
            yield return TooMuch($"{MaxParts:N0} parts in all its rules, including those of the audiences they name", all.Parts);
        if (all.Patterns > MaxPatterns)
            yield return TooMuch($"{MaxPatterns} regular expressions, including those of the audiences it names", all.Patterns);
        if (all.PatternSize > MaxPatternSize)
            yield return TooMuch($"{MaxPatternSize:N0} characters in its regular expressions with repetitions written out", all.PatternSize);
    }

    static Problem TooMuch(string bound, int number) =>
        new("RULES_TOO_LARGE", "graph", $"must have at most {bound}; it has {RuleCost.Written(number)}.");

    static IEnumerable<(string NodeId, string Field, Rule Rule)> RulesOf(JourneyGraph graph, Goal? goal, IReadOnlyList<ExitRule> exits)
    {
        if (goal is not null)
            yield return ("", "goal.rule", goal.Rule);
        for (var i = 0; i < exits.Count; i++)
        {
            if (exits[i].When is { } when)
                yield return ("", $"exits[{i}].rule", when);
            if (exits[i].On?.Where is { } where)
                yield return ("", $"exits[{i}].event.where", where);
        }

        foreach (var node in graph.Nodes)
        {
            foreach (var (field, rule) in RulesOf(node))
            {
                if (rule is not null)
                    yield return (node.Id, $"graph.nodes[{node.Id}].{field}", rule);
            }
        }
    }

    static IEnumerable<(string Field, Rule? Rule)> RulesOf(Node node) => node switch
    {
        TriggerNode { Trigger: CustomEventTrigger custom } => [("trigger.customEvent.where", custom.Where)],
        WaitForEventNode hold => hold.Events.Select((filter, i) => ($"waitForEvent.events[{i}].where", filter.Where)),
        ConditionNode condition => condition.Branches.Select((branch, i) => ($"condition.branches[{i}].rule", (Rule?)branch.Rule)),
        GoalCheckNode check => [("goalCheck.rule", check.Rule)],
        _ => [],
    };
}
