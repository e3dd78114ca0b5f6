namespace Journeys.Enrollments.Profiles;

/// <summary>A person as stored: a user, or a visitor who was never identified.</summary>
public sealed record ProfileRow
{
    static readonly TimeSpan SeenPrecision = TimeSpan.FromMinutes(1);

    public Guid ProfileId { get; init; }

    /// <summary>The user id; empty for a visitor.</summary>
    public string UserId { get; init; } = "";

    /// <summary>The anonymous id of a visitor; empty for a user.</summary>
    public string AnonymousId { get; init; } = "";

    public string Traits { get; init; } = "{}";
    public string Context { get; init; } = "{}";
    public string? TimeZone { get; init; }
    public string? Locale { get; init; }
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When a call last came from them, to the minute, because most calls change nothing else.</summary>
    public DateTimeOffset SeenAt { get; init; }

    /// <summary>What the database's clock said when the transaction that read this began.</summary>
    public DateTimeOffset ReadAt { get; init; }

    /// <summary>Whether they were last seen so long ago that it is to be written that they are seen now.</summary>
    public bool WasSeenBefore(DateTimeOffset now) => now - SeenAt >= SeenPrecision;
}
