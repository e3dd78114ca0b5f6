namespace Journeys.Enrollments.Analytics;

/// <summary>The filter of responses; 0 and null match all.</summary>
public sealed record ResponseFilter(Guid SiteId, Guid JourneyId, string NodeId, int Version, DateTimeOffset? From, DateTimeOffset? Until);
