using System.Globalization;

namespace Journeys.Engine;

/// <summary>Rules in words, for explanations.</summary>
public static class RuleText
{
    static readonly (TimeSpan Size, string Name)[] Units =
        [(TimeSpan.FromDays(1), "day"), (TimeSpan.FromHours(1), "hour"), (TimeSpan.FromMinutes(1), "minute")];

    /// <summary>The rule as a short phrase, for instance `traits.plan EQ "pro" and did paid at least 2 times`.</summary>
    public static string Describe(Rule rule) => rule switch
    {
        GroupRule group => string.Join(group.IsAnd ? " and " : " or ", group.Rules.Select(Nested)),
        NotRule not => $"not {Nested(not.Rule)}",
        ConditionRule { Value.ValueKind: System.Text.Json.JsonValueKind.Undefined } bare => $"{bare.Field} {NameOf(bare.Operator)}",
        ConditionRule condition => $"{condition.Field} {NameOf(condition.Operator)} {condition.Value.GetRawText()}",
        EventRule happened => DescribeEvent(happened),
        ContentRule content => content.Outcome is { } outcome
            ? $"content {content.ContentId} was {JourneyEngine.NameOf(outcome)}"
            : $"content {content.ContentId} was finished",
        AudienceRule audience => $"is in audience {audience.AudienceId}",
        _ => "",
    };

    /// <summary>The operator as the contract spells it.</summary>
    public static string NameOf(Operator op) =>
        string.Concat(op.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : char.ToUpperInvariant(c).ToString()));

    static string Nested(Rule rule) => rule is GroupRule { Rules.Count: > 1 } ? $"({Describe(rule)})" : Describe(rule);

    static string DescribeEvent(EventRule rule)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"did {rule.Name} at least {rule.AtLeast} {(rule.AtLeast == 1 ? "time" : "times")}");
        if (rule.Within is { } within)
            text += $" within {Describe(within)}";
        if (rule.Where is { } where)
            text += $" where {Nested(where)}";
        return text;
    }

    // In the largest unit in which it is a whole number.
    static string Describe(TimeSpan span)
    {
        var (size, unit) = Array.Find(Units, each => span.Ticks % each.Size.Ticks == 0);
        var count = span / (unit is null ? TimeSpan.FromSeconds(1) : size);
        return string.Create(CultureInfo.InvariantCulture, $"{count:0.###} {unit ?? "second"}{(count == 1 ? "" : "s")}");
    }
}
