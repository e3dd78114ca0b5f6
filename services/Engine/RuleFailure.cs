using System.Text.Json;

namespace Journeys.Engine;

/// <summary>Explains in words why a rule does not hold for a person.</summary>
/// <param name="audiences">Finds an audience's name and rule; null when there is no such audience.</param>
public sealed class RuleFailure(Func<Guid, (string Name, Rule Rule)?> audiences)
{
    const int MaxReasons = 20;

    readonly HashSet<Guid> explained = [];

    /// <summary>
    /// Returns the failing part with the actual value: `traits.plan EQ "pro" (the value is "free")`. Null when the rule
    /// holds.
    /// </summary>
    public string? Explain(Rule rule, in Facts facts)
    {
        if (RuleCompiler.Compile(rule)(facts))
            return null;

        switch (rule)
        {
            case GroupRule { IsAnd: true } group:
                foreach (var part in group.Rules)
                {
                    if (Explain(part, facts) is { } failing)
                        return failing;
                }

                return RuleText.Describe(rule);
            case GroupRule group:
                var reasons = new List<string>();
                foreach (var part in group.Rules.Take(MaxReasons))
                    reasons.Add(Explain(part, facts) ?? RuleText.Describe(part));
                if (group.Rules.Count > MaxReasons)
                    reasons.Add($"and {group.Rules.Count - MaxReasons} more");
                return $"any of these: {string.Join("; ", reasons)}";
            case NotRule not:
                return $"{RuleText.Describe(rule)} (but it is true)";
            case ConditionRule condition:
                return $"{RuleText.Describe(rule)} ({Value(condition, facts)})";
            case EventRule happened:
                return $"{RuleText.Describe(rule)} (it happened {Counted.Of(RuleCompiler.Count(happened)(facts, int.MaxValue), "time")})";
            case AudienceRule audience:
                return ExplainAudience(audience, facts);
            default:
                return $"{RuleText.Describe(rule)} (it was not)";
        }
    }

    string ExplainAudience(AudienceRule rule, in Facts facts)
    {
        if (facts.Depth >= RuleCost.MaxLevels || audiences(rule.AudienceId) is not var (name, inner))
            return $"{RuleText.Describe(rule)} (there is no such audience)";

        // Each audience is explained once, because audiences that name each other many times would make the text too
        // long.
        if (!explained.Add(rule.AudienceId))
            return $"is in audience {name} (as above)";

        var reason = Explain(inner, facts with { Depth = facts.Depth + 1, Data = null, Event = null });
        return $"is in audience {name}: {reason}";
    }

    static string Value(ConditionRule condition, in Facts facts)
    {
        if (FieldPath.Parse(condition.Field) is not { } path)
            return "the field is unknown";
        if (path.Root == FieldRoot.UserId)
            return $"the value is {(facts.Person.UserId.Length > 0 ? JsonSerializer.Serialize(facts.Person.UserId) : "missing")}";

        var value = path.Read(facts);
        if (value.ValueKind == JsonValueKind.Undefined)
            return "the value is missing";

        var isUnreadable = condition.Operator is Operator.Before or Operator.After or Operator.WithinLast or Operator.NotWithinLast
            && Dates.Read(value) is null;
        return $"the value is {value.GetRawText()}{(isUnreadable ? ", which is not an RFC 3339 date" : "")}";
    }
}
