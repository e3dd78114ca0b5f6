namespace Journeys.Enrollments.Profiles;

/// <summary>An event as received.</summary>
public sealed record NewEvent(string EventId, string Name, string Properties, string Url, DateTimeOffset OccurredAt);
