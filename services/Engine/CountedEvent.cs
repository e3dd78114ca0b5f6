using System.Text.Json;

namespace Journeys.Engine;

/// <summary>Events that a rule counts: of a name, that pass a filter.</summary>
/// <param name="Name">Their name.</param>
/// <param name="Where">What they have to pass; null for all.</param>
/// <param name="AtLeast">How many have to be known, the newest first.</param>
/// <param name="Within">How far back; null without end.</param>
public sealed record CountedEvent(string Name, Rule? Where, int AtLeast, TimeSpan? Within)
{
    /// <summary>The same for rules that count the same events, whichever copy of them it is.</summary>
    public static string KeyOf(EventRule rule) => JsonSerializer.Serialize(new object?[] { rule.Name, Describe(rule.Where) });

    /// <summary>What is enough for a rule.</summary>
    public static CountedEvent Of(EventRule rule) => new(rule.Name, rule.Where, Math.Max(1, rule.AtLeast), rule.Within);

    /// <summary>What is enough for both.</summary>
    public CountedEvent And(CountedEvent other) => this with
    {
        AtLeast = Math.Max(AtLeast, other.AtLeast),
        Within = Within is { } one && other.Within is { } another ? (one > another ? one : another) : null,
    };

    // An event filter knows groups, negations and conditions only.
    static object?[] Describe(Rule? rule) => rule switch
    {
        GroupRule group => ["group", group.IsAnd, .. group.Rules.Select(Describe)],
        NotRule not => ["not", Describe(not.Rule)],
        ConditionRule condition => [condition.Field, condition.Operator, condition.Value.ValueKind == JsonValueKind.Undefined ? null : condition.Value.GetRawText()],
        _ => [],
    };
}
