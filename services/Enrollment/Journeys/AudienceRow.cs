namespace Journeys.Enrollments.Journeys;

/// <summary>An audience as stored; the rule is null once it is deleted.</summary>
public sealed record AudienceRow(Guid AudienceId, string Name, byte[]? Rule, int Revision, DateTimeOffset? ChangedAt);
