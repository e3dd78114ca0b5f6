namespace Journeys.Access.Callers;

/// <summary>The account to which a subject of an issuer is bound.</summary>
public sealed record IdentityRow
{
    public Guid MemberId { get; init; }

    /// <summary>The newest sign-in that the log contains.</summary>
    public DateTimeOffset? SignedInAt { get; init; }
}
