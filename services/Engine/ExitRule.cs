namespace Journeys.Engine;

/// <summary>Decides who leaves a journey early, at any node. Has either a rule or an event.</summary>
/// <param name="Name">Unique in the journey.</param>
/// <param name="When">The rule that holds for people who leave.</param>
/// <param name="On">The event after which a person leaves.</param>
/// <param name="Outcome">The outcome with which the enrollment is completed; empty when it is stopped instead.</param>
public sealed record ExitRule(string Name, Rule? When, EventFilter? On, string Outcome)
{
    /// <summary>The reason of an enrollment that an exit rule stopped.</summary>
    public const string StopReason = "EXIT_RULE";

    /// <summary>Describes the people who leave, as a short phrase.</summary>
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

    /// <summary>Returns whether the person leaves by this rule now.</summary>
    /// <param name="facts">What is known of the person.</param>
    /// <param name="seen">The event that just happened; null for none.</param>
    public bool Holds(in Facts facts, PersonEvent? seen = null) =>
        when is not null ? when(facts)
        : seen is not null && rule.On?.EventName == seen.Name && (where is null || where(facts with { Event = seen }));

    /// <summary>Returns the part of the rule that holds: of several alternatives, the first one that holds.</summary>
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
