using System.Text.Json;

namespace Journeys.Engine;

/// <summary>One step of a journey. A closed family: one record a kind.</summary>
/// <param name="Id">Chosen by the author, unique in the journey.</param>
public abstract record Node(string Id);

/// <summary>Entry point. One plain way out.</summary>
public sealed record TriggerNode(string Id, Trigger Trigger) : Node(Id);

/// <summary>Shows content and holds the person until it is reported finished.</summary>
public sealed record ContentNode(string Id, string ContentType, string ContentId, JsonElement Payload = default, TimeSpan? ExpireAfter = null) : Node(Id);

/// <summary>Holds the person until a time.</summary>
public sealed record WaitNode(string Id, Wait Wait) : Node(Id);

/// <summary>Holds the person until they do one of the events.</summary>
public sealed record WaitForEventNode(string Id, IReadOnlyList<EventFilter> Events, TimeSpan? Timeout = null) : Node(Id);

/// <summary>Takes the first branch whose rule holds, else `else`.</summary>
public sealed record ConditionNode(string Id, IReadOnlyList<NamedRule> Branches) : Node(Id);

/// <summary>Shares people by percentage.</summary>
public sealed record SplitNode(string Id, IReadOnlyList<Variant> Variants) : Node(Id);

/// <summary>Asks whether the person has reached a goal: its own, or the journey's when the rule is null.</summary>
public sealed record GoalCheckNode(string Id, Rule? Rule = null) : Node(Id);

/// <summary>Ends the journey.</summary>
public sealed record ExitNode(string Id, string Outcome) : Node(Id);

/// <summary>An event by name, optionally filtered on its properties.</summary>
public sealed record EventFilter(string EventName, Rule? Where = null);

/// <summary>A branch of a condition.</summary>
public sealed record NamedRule(string Name, Rule Rule);

/// <summary>A share of a split, in percent with at most two decimals.</summary>
public sealed record Variant(string Name, double Percent);

/// <summary>Says when a person enters.</summary>
public abstract record Trigger;

/// <summary>Entered only by call.</summary>
public sealed record ManualTrigger : Trigger;

/// <summary>Entered by a page visit whose url matches.</summary>
public sealed record UrlMatchTrigger(UrlMatchType MatchType, string Pattern) : Trigger;

/// <summary>Entered by an event.</summary>
public sealed record CustomEventTrigger(string EventName, Rule? Where = null) : Trigger;

/// <summary>Entered by a click on an element.</summary>
public sealed record ElementClickTrigger(string Selector) : Trigger;

/// <summary>How a url is compared with a pattern.</summary>
public enum UrlMatchType
{
    Exact,
    Contains,
    StartsWith,
    EndsWith,
    Regex,
}

/// <summary>Until when a wait holds.</summary>
public abstract record Wait;

/// <summary>For a time span.</summary>
public sealed record DurationWait(TimeSpan Duration) : Wait;

/// <summary>Until a fixed time.</summary>
public sealed record DateWait(DateTimeOffset Date) : Wait;

/// <summary>Until the next given local time in the person's own time zone; no weekdays means every day.</summary>
public sealed record LocalTimeWait(TimeOnly Time, IReadOnlyList<DayOfWeek> Weekdays) : Wait;

/// <summary>Until an offset from a date trait; negative means before it.</summary>
public sealed record TraitDateWait(string Trait, TimeSpan Offset) : Wait;

/// <summary>A directed way from one node to another; the branch is empty for the plain way out.</summary>
public sealed record Edge(string Id, string Source, string Target, string Branch = "");

/// <summary>What an author draws.</summary>
public sealed record JourneyGraph(IReadOnlyList<Node> Nodes, IReadOnlyList<Edge> Edges);

/// <summary>What a journey wants people to reach.</summary>
/// <param name="Rule">When it is reached.</param>
/// <param name="Deadline">How long after entry it still counts; null for ever.</param>
/// <param name="ExitOnGoal">Whether reaching it ends the journey.</param>
public sealed record Goal(Rule Rule, TimeSpan? Deadline = null, bool ExitOnGoal = false);
