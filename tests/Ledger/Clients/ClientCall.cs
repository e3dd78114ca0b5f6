using System.Text.Json.Serialization;

namespace Journeys.Ledgers.Clients;

/// <summary>What was called.</summary>
public enum ClientAction
{
    /// <summary>The person was to be let into a journey.</summary>
    Enroll,

    /// <summary>The content of a visit was reported finished.</summary>
    Report,

    /// <summary>An enrollment was to end.</summary>
    Stop,

    /// <summary>The person did something.</summary>
    Event,

    /// <summary>The user was to be erased.</summary>
    Erase,
}

/// <summary>What the client knows of a call.</summary>
public enum ClientOutcome
{
    /// <summary>It was answered with success: it happened.</summary>
    Ok,

    /// <summary>It was answered as held (of a report, while the journey was paused): it is applied later, or is overtaken by a time-out.</summary>
    Held,

    /// <summary>It was refused for good: it did not happen.</summary>
    Failed,

    /// <summary>Nobody knows, as after a time-out or a broken connection: it happened at most once.</summary>
    Unknown,
}

/// <summary>One call of a client: one line of JSON of its record.</summary>
public sealed record ClientCall
{
    /// <summary>When the client had its answer, or gave up.</summary>
    public DateTimeOffset At { get; init; }

    [JsonRequired]
    public ClientAction Call { get; init; }

    [JsonRequired]
    public ClientOutcome Outcome { get; init; }

    [JsonRequired]
    public Guid Site { get; init; }

    /// <summary>Who, if a user; a visitor has an anonymous id.</summary>
    public string UserId { get; init; } = "";

    public string AnonymousId { get; init; } = "";

    /// <summary>Of `enroll`.</summary>
    public Guid? JourneyId { get; init; }

    /// <summary>Of `report` and `stop`; of an `enroll` the one that was answered.</summary>
    public Guid? EnrollmentId { get; init; }

    /// <summary>Of `report`: the visit that it was about.</summary>
    public int? VisitNo { get; init; }

    /// <summary>Of `report`: `COMPLETED`, `DISMISSED` or `SKIPPED`.</summary>
    public string Result { get; init; } = "";

    /// <summary>Of `event`: the id that the client gave it.</summary>
    public string EventId { get; init; } = "";

    /// <summary>Calls with the same request id are tries of one.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>What is missing for the call to be checked; null for nothing.</summary>
    public string? Missing => this switch
    {
        { Call: ClientAction.Enroll, JourneyId: null } => "journeyId",
        { Call: ClientAction.Report or ClientAction.Stop, EnrollmentId: null } => "enrollmentId",
        { Call: ClientAction.Report, VisitNo: null } => "visitNo",
        { Call: ClientAction.Report, Outcome: ClientOutcome.Ok, Result: "" } => "result",
        { Call: ClientAction.Event, EventId: "" } => "eventId",
        { Call: ClientAction.Erase, UserId: "" } => "userId",
        { UserId: "", AnonymousId: "" } => "userId or anonymousId",
        _ => null,
    };
}
