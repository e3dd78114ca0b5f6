using System.Text.Json;
using System.Text.Json.Serialization;
using Journeys.Engine;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Converts held signals to and from JSON.</summary>
public static class SignalJson
{
    static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        // Rejects unknown members, so that a signal that a newer release stored is not mistaken for another and lost.
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Serializes a signal.</summary>
    public static string Write(Signal signal) => JsonSerializer.Serialize(
        signal switch
        {
            Signal.Reported reported => new Kept { Report = new(reported.NodeId, reported.Outcome, Nullable(reported.Data), reported.VisitNo) },
            Signal.EventSeen { Event: var seen } => new Kept { Event = new(seen.Name, seen.OccurredAt, Nullable(seen.Properties), seen.Url) },
            Signal.TimerElapsed timer => new Kept { TimerOfVisit = timer.VisitNo },
            Signal.PersonChanged changed => new Kept { PersonChanged = true, AtVisit = changed.VisitNo, Until = changed.Until },
            Signal.Stopped stopped => new Kept { Stop = stopped.Reason },
            _ => throw new ArgumentException($"{signal.GetType().Name} is never held.", nameof(signal)),
        },
        Options);

    /// <summary>Deserializes a signal.</summary>
    /// <exception cref="JsonException">This release does not know the signal.</exception>
    public static Signal Read(string json) => JsonSerializer.Deserialize<Kept>(json, Options) switch
    {
        { Report: { } report } => new Signal.Reported(report.NodeId, report.Outcome, report.Data ?? default, report.VisitNo),
        { Event: { } seen } => new Signal.EventSeen(new PersonEvent(seen.Name, seen.OccurredAt, seen.Properties ?? default, seen.Url)),
        { TimerOfVisit: { } visitNo } => new Signal.TimerElapsed(visitNo),
        { Stop: { } reason } => new Signal.Stopped(reason),
        { PersonChanged: true, AtVisit: var visitNo, Until: var until } => new Signal.PersonChanged(visitNo, until),
        _ => throw new JsonException("This release does not know such a signal."),
    };

    /// <summary>Deserializes a signal; null when this release does not know it.</summary>
    public static Signal? TryRead(string json)
    {
        try
        {
            return Read(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static JsonElement? Nullable(JsonElement element) => element.ValueKind == JsonValueKind.Undefined ? null : element;

    sealed record Kept
    {
        public KeptReport? Report { get; init; }
        public KeptEvent? Event { get; init; }
        public int? TimerOfVisit { get; init; }
        public bool PersonChanged { get; init; }
        public int AtVisit { get; init; }
        public DateTimeOffset? Until { get; init; }
        public string? Stop { get; init; }
    }

    sealed record KeptReport(string NodeId, ContentOutcome Outcome, JsonElement? Data, int? VisitNo = null);

    sealed record KeptEvent(string Name, DateTimeOffset OccurredAt, JsonElement? Properties, string Url);
}
