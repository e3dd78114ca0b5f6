using Journeys.BuildingBlocks.Failures;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>A row of `failed_message`.</summary>
public sealed record FailedMessage
{
    public Guid FailedMessageId { get; init; }

    public string Queue { get; init; } = "";

    public Guid MessageId { get; init; }

    public string MessageType { get; init; } = "";

    public byte[] Body { get; init; } = [];

    public string? TraceParent { get; init; }

    public string Cause { get; init; } = "";

    public string ErrorType { get; init; } = "";

    public string Error { get; init; } = "";

    /// <summary>Attempts that count toward the limit, including the attempt in progress.</summary>
    public int Tries { get; init; }

    public int Failures { get; init; }

    public Guid[] SiteIds { get; init; } = [];

    public DateTimeOffset FirstFailedAt { get; init; }

    public DateTimeOffset LastFailedAt { get; init; }

    public DateTimeOffset? DeadAt { get; init; }

    /// <summary>
    /// Whether the last attempt ended with <see cref="PutOff"/>, so that other messages got its place.
    /// </summary>
    public bool IsPutOff { get; init; }

    /// <summary>The message itself.</summary>
    public Letter Letter => new(MessageId, MessageType, Body, TraceParent);
}
