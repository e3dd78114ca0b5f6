using System.Text.Json;

namespace Journeys.Engine;

/// <summary>A trigger, compiled to match events.</summary>
public sealed class CompiledTrigger
{
    /// <summary>The name of the event for a page visit.</summary>
    public const string PageEvent = "page";

    /// <summary>The name of the event for a click; its property `selector` names the element.</summary>
    public const string ClickEvent = "click";

    readonly Func<PersonEvent, Person, DateTimeOffset, bool> matches;

    internal CompiledTrigger(TriggerNode node)
    {
        NodeId = node.Id;
        (EventName, matches) = node.Trigger switch
        {
            CustomEventTrigger custom => (custom.EventName, Where(custom.Where)),
            UrlMatchTrigger url => (PageEvent, Url(url)),
            ElementClickTrigger click => (ClickEvent, Click(click.Selector)),
            _ => (null, static (_, _, _) => false),
        };
        Selector = (node.Trigger as ElementClickTrigger)?.Selector;
    }

    /// <summary>The id of the trigger's node.</summary>
    public string NodeId { get; }

    /// <summary>The only event that can match; null for a manual trigger.</summary>
    public string? EventName { get; }

    /// <summary>The element whose clicks match; null for other triggers.</summary>
    public string? Selector { get; }

    /// <summary>Returns whether this event of this person matches the trigger.</summary>
    public bool Matches(PersonEvent happened, Person person, DateTimeOffset now) =>
        happened.Name == EventName && matches(happened, person, now);

    static Func<PersonEvent, Person, DateTimeOffset, bool> Where(Rule? where)
    {
        if (where is null)
            return static (_, _, _) => true;

        var holds = RuleCompiler.Compile(where);
        return (happened, person, now) => holds(new Facts(person, null, happened, now));
    }

    static Func<PersonEvent, Person, DateTimeOffset, bool> Url(UrlMatchTrigger trigger)
    {
        var pattern = trigger.Pattern;
        var regex = trigger.MatchType == UrlMatchType.Regex ? RegexMatcher.For(pattern) : null;
        return (happened, person, _) => trigger.MatchType switch
        {
            UrlMatchType.Exact => happened.Url == pattern,
            UrlMatchType.Contains => happened.Url.Contains(pattern, StringComparison.Ordinal),
            UrlMatchType.StartsWith => happened.Url.StartsWith(pattern, StringComparison.Ordinal),
            UrlMatchType.EndsWith => happened.Url.EndsWith(pattern, StringComparison.Ordinal),
            _ => regex?.IsMatch(happened.Url, person.Effort) ?? false,
        };
    }

    static Func<PersonEvent, Person, DateTimeOffset, bool> Click(string selector) => (happened, _, _) =>
        happened.Properties.ValueKind == JsonValueKind.Object
        && happened.Properties.TryGetProperty("selector", out var clicked)
        && clicked.ValueKind == JsonValueKind.String
        && clicked.GetString() == selector;
}
