namespace Journeys.Access.Callers;

/// <summary>A session that has not ended.</summary>
public sealed record SessionRow
{
    public Guid SessionId { get; init; }

    public byte[] TokenHash { get; init; } = [];

    public Guid MemberId { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }
}
