using System.Collections.Concurrent;
using System.Text.Json;

namespace Journeys.Engine;

/// <summary>What is known of one person when a rule asks.</summary>
public sealed class Person
{
    /// <summary>Characters of the name of a trait.</summary>
    public const int MaxTraitName = 128;

    /// <summary>The customer's id; empty for a visitor.</summary>
    public string UserId { get; init; } = "";

    /// <summary>The id the person first came with; splits hash it.</summary>
    public string FirstId { get; init; } = "";

    /// <summary>A JSON object.</summary>
    public JsonElement Traits { get; init; }

    /// <summary>A JSON object with `role`, `device`, `browser`, `location`.</summary>
    public JsonElement Context { get; init; }

    /// <summary>IANA name; null or unknown when the person's zone is not known.</summary>
    public string? TimeZone { get; init; }

    /// <summary>What the person did. Not asked where <see cref="Counted"/> is known.</summary>
    public IReadOnlyList<PersonEvent> Events { get; init; } = [];

    /// <summary>
    /// When the newest events happened that rules count, by <see cref="CountedEvent.KeyOf"/>, as many as the rules at hand ask for. However much
    /// somebody did, this stays small.
    /// </summary>
    public IReadOnlyDictionary<string, DateTimeOffset[]>? Counted { get; init; }

    /// <summary>Which content the person finished, at least as far as the rules at hand ask.</summary>
    public IReadOnlyList<FinishedContent> Contents { get; init; } = [];

    /// <summary>Finds an audience's compiled rule; null when there is no such audience.</summary>
    public Func<Guid, RulePredicate?> Audience { get; init; } = static _ => null;

    /// <summary>Bounds the work that rules about the person take; null does not.</summary>
    public Effort? Effort { get; init; }

    // What audiences said, so that each is asked once however often rules name it. Most people are asked about none.
    ConcurrentDictionary<(Guid AudienceId, int Depth, DateTimeOffset Now), bool>? memberships;

    /// <summary>What an audience says of the person; the first answer to the same question holds.</summary>
    internal bool Belongs(Guid audienceId, in Facts facts)
    {
        var question = (audienceId, facts.Depth, facts.Now);
        var answers = LazyInitializer.EnsureInitialized(ref memberships);
        if (answers.TryGetValue(question, out var known))
            return known;

        // An audience is about the person alone: no journey data, no event at hand.
        return answers[question] = Audience(audienceId) is { } members
            && members(facts with { Depth = facts.Depth + 1, Data = null, Event = null });
    }

    /// <summary>The same person, who has finished this too.</summary>
    public Person Having(FinishedContent content) => With(FirstId, [.. Contents, content]);

    /// <summary>The same person under the id they first came with.</summary>
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

/// <summary>Something a person did.</summary>
/// <param name="Properties">A JSON object, or undefined for none.</param>
public sealed record PersonEvent(string Name, DateTimeOffset OccurredAt, JsonElement Properties = default, string Url = "")
{
    /// <summary>The most characters (UTF-16) of its name.</summary>
    public const int MaxName = 128;

    /// <summary>The most characters (UTF-16) of its URL.</summary>
    public const int MaxUrl = 2_048;
}

/// <summary>Content that a person finished.</summary>
public sealed record FinishedContent(string ContentId, ContentOutcome Outcome);

/// <summary>Everything a rule may look at.</summary>
/// <param name="Person">Who is asked about.</param>
/// <param name="Data">`journey.*`; null outside a journey.</param>
/// <param name="Event">`properties.*`; null outside an event filter.</param>
/// <param name="Now">The time that `within` and `WITHIN_LAST` count from.</param>
/// <param name="Depth">How many audiences deep; deeper than 10 is false, so that a circle ends.</param>
public readonly record struct Facts(Person Person, JourneyData? Data, PersonEvent? Event, DateTimeOffset Now, int Depth = 0);

/// <summary>A compiled rule.</summary>
public delegate bool RulePredicate(in Facts facts);
