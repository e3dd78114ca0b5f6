using System.Text.Json;

namespace Journeys.Engine;

/// <summary>The events that a rule counts: those with a name that pass a filter.</summary>
/// <param name="Name">The name of the events.</param>
/// <param name="Where">The filter; null for all events of the name.</param>
/// <param name="AtLeast">How many events are needed, the newest first.</param>
/// <param name="Within">How far back the events count; null for no limit.</param>
public sealed record CountedEvent(string Name, Rule? Where, int AtLeast, TimeSpan? Within)
{
    /// <summary>
    /// Returns a key that is the same for all rules that count the same events, even for different instances of the
    /// rule.
    /// </summary>
    public static string KeyOf(EventRule rule) => JsonSerializer.Serialize(new object?[] { rule.Name, Describe(rule.Where) });

    /// <summary>Returns the events that a rule needs.</summary>
    public static CountedEvent Of(EventRule rule) => new(rule.Name, rule.Where, Math.Max(1, rule.AtLeast), rule.Within);

    /// <summary>Combines two needs into one that satisfies both.</summary>
    public CountedEvent And(CountedEvent other) => this with
    {
        AtLeast = Math.Max(AtLeast, other.AtLeast),
        Within = Within is { } one && other.Within is { } another ? (one > another ? one : another) : null,
    };

    // An event filter contains only groups, negations and conditions.
    static object?[] Describe(Rule? rule) => rule switch
    {
        GroupRule group => ["group", group.IsAnd, .. group.Rules.Select(Describe)],
        NotRule not => ["not", Describe(not.Rule)],
        ConditionRule condition => [condition.Field, condition.Operator, condition.Value.ValueKind == JsonValueKind.Undefined ? null : condition.Value.GetRawText()],
        _ => [],
    };
}
