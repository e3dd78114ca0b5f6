using System.Globalization;
using System.Text.Json;

namespace Journeys.Engine;

/// <summary>Describes rules in words, for explanations.</summary>
public static class RuleText
{
    const int MaxQuote = 200;

    static readonly (TimeSpan Size, string Name)[] Units =
        [(TimeSpan.FromDays(1), "day"), (TimeSpan.FromHours(1), "hour"), (TimeSpan.FromMinutes(1), "minute")];

    /// <summary>
    /// Returns the rule as a short phrase, for instance `traits.plan EQ "pro" and did paid at least 2 times`.
    /// </summary>
    public static string Describe(Rule rule) => rule switch
    {
        GroupRule group => string.Join(group.IsAnd ? " and " : " or ", group.Rules.Select(Nested)),
        NotRule not => $"not {Nested(not.Rule)}",
        ConditionRule { Value.ValueKind: JsonValueKind.Undefined } bare => $"{bare.Field} {Spelling.Of(bare.Operator)}",
        ConditionRule condition => $"{condition.Field} {Spelling.Of(condition.Operator)} {condition.Value.GetRawText()}",
        EventRule happened => DescribeEvent(happened),
        ContentRule content => content.Outcome is { } outcome
            ? $"content {content.ContentId} was {Spelling.Of(outcome)}"
            : $"content {content.ContentId} was finished",
        AudienceRule audience => $"is in audience {audience.AudienceId}",
        _ => "",
    };

    /// <summary>Formats a time for explanations.</summary>
    public static string Describe(DateTimeOffset time) => string.Create(CultureInfo.InvariantCulture, $"{time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");

    /// <summary>
    /// Returns that a trait contains no date, for instance `traits.trialEndsAt is "soon", which is not an RFC 3339
    /// date`.
    /// </summary>
    public static string NoDate(string trait, JsonElement value) =>
        value.ValueKind == JsonValueKind.Undefined ? $"traits.{trait} is missing" : $"traits.{trait} is {Quote(value)}, which is not an RFC 3339 date";

    /// <summary>Quotes a value for explanations, cut when it is long.</summary>
    public static string Quote(JsonElement value) => Cut(value.GetRawText(), MaxQuote);

    /// <summary>Cuts a text to at most the given number of characters.</summary>
    public static string Cut(string text, int most) =>
        // Half of a surrogate pair could not be stored.
        text.Length <= most ? text : $"{text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)]}...";

    /// <summary>
    /// Describes when a wait ends relative to its date, for instance `3 days before traits.trialEndsAt`.
    /// </summary>
    public static string Describe(TraitDateWait wait) =>
        wait.Offset == TimeSpan.Zero ? $"at traits.{wait.Trait}"
        : $"{Describe(wait.Offset.Duration())} {(wait.Offset < TimeSpan.Zero ? "before" : "after")} traits.{wait.Trait}";

    static string Nested(Rule rule) => rule is GroupRule { Rules.Count: > 1 } ? $"({Describe(rule)})" : Describe(rule);

    static string DescribeEvent(EventRule rule)
    {
        var text = $"did {rule.Name} at least {Counted.Of(rule.AtLeast, "time")}";
        if (rule.Within is { } within)
            text += $" within {Describe(within)}";
        if (rule.Where is { } where)
            text += $" where {Nested(where)}";
        return text;
    }

    // Uses the largest unit in which the time span is a whole number.
    static string Describe(TimeSpan span)
    {
        var (size, unit) = Array.Find(Units, each => span.Ticks % each.Size.Ticks == 0);
        var count = span / (unit is null ? TimeSpan.FromSeconds(1) : size);
        return string.Create(CultureInfo.InvariantCulture, $"{count:0.###} {unit ?? "second"}{(count == 1 ? "" : "s")}");
    }
}
