using System.Collections.Concurrent;
using System.Text.Json;

namespace Journeys.Engine;

/// <summary>What is known of one person when rules are evaluated.</summary>
public sealed class Person
{
    /// <summary>Maximum number of characters in the name of a trait.</summary>
    public const int MaxTraitName = 128;

    /// <summary>The customer's id; empty for a visitor.</summary>
    public string UserId { get; init; } = "";

    /// <summary>The id with which the person was first seen; splits hash it.</summary>
    public string FirstId { get; init; } = "";

    /// <summary>The traits as a JSON object.</summary>
    public JsonElement Traits { get; init; }

    /// <summary>The context as a JSON object with `role`, `device`, `browser`, `location`.</summary>
    public JsonElement Context { get; init; }

    /// <summary>The person's time zone by IANA name; null or an unknown name when the zone is not known.</summary>
    public string? TimeZone { get; init; }

    /// <summary>The events of the person. Not used when <see cref="Counted"/> is set.</summary>
    public IReadOnlyList<PersonEvent> Events { get; init; } = [];

    /// <summary>
    /// The times of the newest events that the rules at hand count, by <see cref="CountedEvent.KeyOf"/>, and only as
    /// many as these rules need. It stays small, however many events the person has.
    /// </summary>
    public IReadOnlyDictionary<string, DateTimeOffset[]>? Counted { get; init; }

    /// <summary>The content that the person finished, at least the content that the rules at hand ask for.</summary>
    public IReadOnlyList<FinishedContent> Contents { get; init; } = [];

    /// <summary>Finds an audience's compiled rule; null when there is no such audience.</summary>
    public Func<Guid, RulePredicate?> Audience { get; init; } = static _ => null;

    /// <summary>Limits the work of rules about the person; null for no limit.</summary>
    public Effort? Effort { get; init; }

    // The results of audiences, so that each audience is evaluated once however often rules name it. Null until the
    // first audience, because most people need none.
    ConcurrentDictionary<(Guid AudienceId, int Depth, DateTimeOffset Now), bool>? memberships;

    /// <summary>
    /// Returns whether the person is in an audience. The first answer to the same question is reused.
    /// </summary>
    internal bool Belongs(Guid audienceId, in Facts facts)
    {
        var question = (audienceId, facts.Depth, facts.Now);
        var answers = LazyInitializer.EnsureInitialized(ref memberships);
        if (answers.TryGetValue(question, out var known))
            return known;

        // An audience depends on the person alone: no journey data, no event.
        return answers[question] = Audience(audienceId) is { } members
            && members(facts with { Depth = facts.Depth + 1, Data = null, Event = null });
    }

    /// <summary>Returns the same person, with this content finished too.</summary>
    public Person Having(FinishedContent content) => With(FirstId, [.. Contents, content]);

    /// <summary>Returns the same person with this first id.</summary>
    public Person CameAs(string firstId) => firstId == FirstId ? this : With(firstId, Contents);

    Person With(string firstId, IReadOnlyList<FinishedContent> contents) => new()
    {
        UserId = UserId,
        FirstId = firstId,
        Traits = Traits,
        Context = Context,
        TimeZone = TimeZone,
        Events = Events,
        Counted = Counted,
        Contents = contents,
        Audience = Audience,
        Effort = Effort,
    };
}

/// <summary>An event of a person.</summary>
/// <param name="Properties">A JSON object, or undefined for none.</param>
public sealed record PersonEvent(string Name, DateTimeOffset OccurredAt, JsonElement Properties = default, string Url = "")
{
    /// <summary>Maximum number of characters (UTF-16) in the name.</summary>
    public const int MaxName = 128;

    /// <summary>Maximum number of characters (UTF-16) in the URL.</summary>
    public const int MaxUrl = 2_048;
}

/// <summary>Content that a person finished.</summary>
public sealed record FinishedContent(string ContentId, ContentOutcome Outcome);

/// <summary>The data that a rule can read.</summary>
/// <param name="Person">The person that the rule is about.</param>
/// <param name="Data">The data of `journey.*` and `entry.*`; null outside a journey.</param>
/// <param name="Event">The data of `properties.*`; null outside an event filter.</param>
/// <param name="Now">The time that `within` and `WITHIN_LAST` count from.</param>
/// <param name="Depth">How deeply audiences are nested; deeper than 10 is false, so that a circle ends.</param>
public readonly record struct Facts(Person Person, JourneyData? Data, PersonEvent? Event, DateTimeOffset Now, int Depth = 0);

/// <summary>A compiled rule.</summary>
public delegate bool RulePredicate(in Facts facts);
