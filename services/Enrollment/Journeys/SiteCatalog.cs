using Journeys.Engine;

namespace Journeys.Enrollments.Journeys;

/// <summary>The journeys and audiences of one site, up to one change.</summary>
public sealed record SiteCatalog(long ChangeNo, IReadOnlyDictionary<Guid, LiveJourney> Journeys, IReadOnlyDictionary<Guid, LiveAudience> Audiences)
{
    readonly ILookup<string, LiveJourney> byTriggerEvent = Journeys.Values
        .Where(journey => journey.IsPublished)
        .SelectMany(journey => journey.Compiled.Triggers
            .Where(trigger => trigger.EventName is not null)
            .Select(trigger => (trigger.EventName, Journey: journey))
            .Distinct())
        .ToLookup(pair => pair.EventName!, pair => pair.Journey, StringComparer.Ordinal);

    /// <summary>Returns the published journeys that have a trigger on events of this name.</summary>
    public IEnumerable<LiveJourney> TriggeredBy(string eventName) => byTriggerEvent[eventName];

    /// <summary>The published journeys that enroll everybody who matches.</summary>
    public IReadOnlyList<LiveJourney> AutoEnrolling { get; } = [.. Journeys.Values.Where(journey => journey.AutoEnrolls)];

    /// <summary>Whether a goal, an exit rule or an audience depends on finished content.</summary>
    public bool AsksForContent { get; } =
        Audiences.Values.Any(audience => audience.Needs.Contents.Count > 0)
        || Journeys.Values.Any(journey => journey.Compiled.AsksForContent);

    /// <summary>The selectors of elements whose clicks are triggers.</summary>
    public IReadOnlyList<string> ClickSelectors { get; } =
    [
        .. Journeys.Values.Where(journey => journey.IsPublished)
            .SelectMany(journey => journey.Compiled.Triggers)
            .Select(trigger => trigger.Selector)
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Returns the audience's rule; null when there is none.</summary>
    public RulePredicate? FindAudience(Guid audienceId) => Audiences.GetValueOrDefault(audienceId)?.Holds;

    /// <summary>
    /// Whether an audience, and all audiences that it names directly or indirectly, are the same in a later state of
    /// the site.
    /// </summary>
    public bool HasSameAudience(Guid audienceId, SiteCatalog later) => HasSameAudiences(Audiences[audienceId].Needs, later, audienceId);

    /// <summary>Whether the audiences that a rule names, and those that they name, are the same in a later catalog.</summary>
    /// <param name="needs">The needs of the rule.</param>
    /// <param name="later">The later catalog.</param>
    /// <param name="more">More audiences to compare.</param>
    public bool HasSameAudiences(RuleNeeds needs, SiteCatalog later, params ReadOnlySpan<Guid> more) =>
        ReferenceEquals(this, later)
        || WithAudiences(needs).Audiences.Concat(more.ToArray())
            .All(id => Audiences.GetValueOrDefault(id)?.Change == later.Audiences.GetValueOrDefault(id)?.Change);

    /// <summary>Returns the needs of rules including those of the audiences that they name.</summary>
    public RuleNeeds WithAudiences(RuleNeeds needs) => needs.WithAudiences(audienceId => Audiences.GetValueOrDefault(audienceId)?.Needs);
}
