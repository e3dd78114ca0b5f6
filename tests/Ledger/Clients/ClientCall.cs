using System.Text.Json.Serialization;

namespace Journeys.Ledgers.Clients;

/// <summary>The action of a call.</summary>
public enum ClientAction
{
    /// <summary>Enrolls the person in a journey.</summary>
    Enroll,

    /// <summary>Reports the content of a visit as finished.</summary>
    Report,

    /// <summary>Stops an enrollment.</summary>
    Stop,

    /// <summary>Records an event of the person.</summary>
    Event,

    /// <summary>Erases the user.</summary>
    Erase,
}

/// <summary>The result of a call, as far as the client knows it.</summary>
public enum ClientOutcome
{
    /// <summary>The answer was success, so the action happened.</summary>
    Ok,

    /// <summary>
    /// The report was answered as held, while the journey was paused: it is applied later, or a timeout comes first.
    /// </summary>
    Held,

    /// <summary>The call was refused permanently, so the action did not happen.</summary>
    Failed,

    /// <summary>
    /// The result is unknown, as after a timeout or a broken connection: the action happened at most once.
    /// </summary>
    Unknown,
}

/// <summary>One call of a client: one JSON line of its record.</summary>
public sealed record ClientCall
{
    /// <summary>When the client received the answer, or gave up.</summary>
    public DateTimeOffset At { get; init; }

    [JsonRequired]
    public ClientAction Call { get; init; }

    [JsonRequired]
    public ClientOutcome Outcome { get; init; }

    [JsonRequired]
    public Guid Site { get; init; }

    /// <summary>The user id; empty for a visitor, who has an anonymous id.</summary>
    public string UserId { get; init; } = "";

    public string AnonymousId { get; init; } = "";

    /// <summary>The journey of `enroll`.</summary>
    public Guid? JourneyId { get; init; }

    /// <summary>The enrollment of `report` and `stop`; for `enroll` the one in the answer.</summary>
    public Guid? EnrollmentId { get; init; }

    /// <summary>The visit of `report`.</summary>
    public int? VisitNo { get; init; }

    /// <summary>The outcome of `report`: `COMPLETED`, `DISMISSED` or `SKIPPED`.</summary>
    public string Result { get; init; } = "";

    /// <summary>The id that the client gave to the event of `event`.</summary>
    public string EventId { get; init; } = "";

    /// <summary>Calls with the same request id are tries of one request.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>Returns the field without which the call cannot be checked; null if none is missing.</summary>
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
