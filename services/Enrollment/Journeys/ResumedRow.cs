namespace Journeys.Enrollments.Journeys;

/// <summary>A journey that was resumed after a pause.</summary>
public sealed record ResumedRow(Guid SiteId, Guid JourneyId, DateTimeOffset ResumedAt);
