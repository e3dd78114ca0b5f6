using System.Diagnostics;
using System.Text.Json;

namespace Journeys.Engine;

/// <summary>One step of a journey. A closed family: one record for each kind.</summary>
/// <param name="Id">Chosen by the author, unique in the journey.</param>
public abstract record Node(string Id)
{
    /// <summary>
    /// Returns the exception of a switch over the kinds that does not name this one. `NodeKindTests` fails for such a
    /// switch.
    /// </summary>
    internal UnreachableException NotNamed() => new($"{GetType().Name} is not named here.");
}

/// <summary>Entry point. Has one default branch.</summary>
public sealed record TriggerNode(string Id, Trigger Trigger) : Node(Id);

/// <summary>Shows content and holds the person until a report says that it is finished.</summary>
public sealed record ContentNode(string Id, string ContentType, string ContentId, JsonElement Payload = default, TimeSpan? ExpireAfter = null) : Node(Id);

/// <summary>Holds the person until a time.</summary>
public sealed record WaitNode(string Id, Wait Wait) : Node(Id);

/// <summary>Holds the person until one of the events happens.</summary>
public sealed record WaitForEventNode(string Id, IReadOnlyList<EventFilter> Events, TimeSpan? Timeout = null) : Node(Id);

/// <summary>Takes the first branch whose rule holds, else `else`.</summary>
public sealed record ConditionNode(string Id, IReadOnlyList<NamedRule> Branches) : Node(Id);

/// <summary>Distributes people over variants by percentage.</summary>
public sealed record SplitNode(string Id, IReadOnlyList<Variant> Variants) : Node(Id);

/// <summary>
/// Checks whether the person has reached a goal: the rule of the node, or the journey's goal when the rule is null.
/// </summary>
public sealed record GoalCheckNode(string Id, Rule? Rule = null) : Node(Id);

/// <summary>Ends the journey.</summary>
public sealed record ExitNode(string Id, string Outcome) : Node(Id);

/// <summary>An event by name, optionally filtered on its properties.</summary>
public sealed record EventFilter(string EventName, Rule? Where = null);

/// <summary>A branch of a condition.</summary>
public sealed record NamedRule(string Name, Rule Rule);

/// <summary>A share of a split, in percent with at most two decimals.</summary>
public sealed record Variant(string Name, double Percent);

/// <summary>Decides when a person enters.</summary>
public abstract record Trigger;

/// <summary>The person enters only by a call.</summary>
public sealed record ManualTrigger : Trigger;

/// <summary>The person enters by a visit of a page whose URL matches.</summary>
public sealed record UrlMatchTrigger(UrlMatchType MatchType, string Pattern) : Trigger;

/// <summary>The person enters by an event.</summary>
public sealed record CustomEventTrigger(string EventName, Rule? Where = null) : Trigger;

/// <summary>The person enters by a click on an element.</summary>
public sealed record ElementClickTrigger(string Selector) : Trigger;

/// <summary>How a URL is compared with a pattern.</summary>
public enum UrlMatchType
{
    Exact,
    Contains,
    StartsWith,
    EndsWith,
    Regex,
}

/// <summary>The end of a wait.</summary>
public abstract record Wait;

/// <summary>Waits for a time span.</summary>
public sealed record DurationWait(TimeSpan Duration) : Wait;

/// <summary>Waits until a fixed time.</summary>
public sealed record DateWait(DateTimeOffset Date) : Wait;

/// <summary>Waits until the next time of day in the person's own time zone; no weekdays means every day.</summary>
public sealed record LocalTimeWait(TimeOnly Time, IReadOnlyList<DayOfWeek> Weekdays) : Wait;

/// <summary>Waits until an offset from the date in a trait; a negative offset means before the date.</summary>
public sealed record TraitDateWait(string Trait, TimeSpan Offset) : Wait;

/// <summary>A connection from one node to another; the branch is empty for the default branch.</summary>
public sealed record Edge(string Id, string Source, string Target, string Branch = "");

/// <summary>The nodes and edges of a journey.</summary>
public sealed record JourneyGraph(IReadOnlyList<Node> Nodes, IReadOnlyList<Edge> Edges);

/// <summary>What people should reach in a journey.</summary>
/// <param name="Rule">Holds when the goal is reached.</param>
/// <param name="Deadline">How long after entry the goal can be reached; null for no limit.</param>
/// <param name="ExitOnGoal">Whether reaching it ends the journey.</param>
public sealed record Goal(Rule Rule, TimeSpan? Deadline = null, bool ExitOnGoal = false);
