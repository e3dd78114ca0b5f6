using System.Text.Json;

namespace Journeys.Enrollments.Profiles;

/// <summary>An event as received.</summary>
public sealed record NewEvent(string EventId, string Name, string Properties, string Url, DateTimeOffset OccurredAt)
{
    /// <summary>The properties, parsed once however often the event is dated anew.</summary>
    public JsonElement ParsedProperties { get; } = JsonElement.Parse(Properties);

    /// <summary>The time of an event that was received without one: the present.</summary>
    public static readonly DateTimeOffset Now = DateTimeOffset.MaxValue;
}
