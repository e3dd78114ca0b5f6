namespace Journeys.Engine;

/// <summary>Says who leaves a journey early, wherever they are. Exactly one of rule and event is there.</summary>
/// <param name="Name">Unique in the journey.</param>
/// <param name="When">Holds for whoever leaves.</param>
/// <param name="On">Whoever does this leaves.</param>
/// <param name="Outcome">How the journey is completed by it; empty when it is stopped.</param>
public sealed record ExitRule(string Name, Rule? When, EventFilter? On, string Outcome)
{
    /// <summary>The reason of an enrollment that an exit rule stopped.</summary>
    public const string StopReason = "EXIT_RULE";

    /// <summary>Who leaves by it, as a short phrase.</summary>
    public string Describe() =>
        When is not null ? RuleText.Describe(When)
        : On is not { } filter ? ""
        : $"did {filter.EventName}{(filter.Where is null ? "" : $" where {RuleText.Describe(filter.Where)}")}";
}

/// <summary>An exit rule with its rules compiled.</summary>
public sealed class CompiledExit(ExitRule rule)
{
    readonly RulePredicate? when = rule.When is null ? null : RuleCompiler.Compile(rule.When);
    readonly RulePredicate? where = rule.On?.Where is null ? null : RuleCompiler.Compile(rule.On.Where);

    /// <summary>The rule.</summary>
    public ExitRule Rule => rule;

    /// <summary>Whether the person leaves by it now.</summary>
    /// <param name="facts">What is known of them.</param>
    /// <param name="seen">What they just did; null when they did nothing.</param>
    public bool Holds(in Facts facts, PersonEvent? seen = null) =>
        when is not null ? when(facts)
        : seen is not null && rule.On?.EventName == seen.Name && (where is null || where(facts with { Event = seen }));

    /// <summary>The part of the rule that holds: of alternatives, the first that does.</summary>
    public string Reason(in Facts facts) => rule.When is null ? rule.Describe() : RuleText.Describe(PartThatHolds(rule.When, facts));

    static Rule PartThatHolds(Rule rule, in Facts facts)
    {
        if (rule is GroupRule { IsAnd: false } group)
        {
            foreach (var part in group.Rules)
            {
                if (RuleCompiler.Compile(part)(facts))
                    return PartThatHolds(part, facts);
            }
        }

        return rule;
    }
}
