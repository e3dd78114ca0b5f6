using System.Diagnostics;
using Google.Protobuf;

namespace Journeys.BuildingBlocks.Outboxes;

/// <summary>A message to publish.</summary>
/// <param name="Id">Stays the same when the message is sent again.</param>
/// <param name="Type">Full protobuf name, which is also the name of the exchange.</param>
/// <param name="Body">The protobuf bytes.</param>
/// <param name="TraceParent">W3C trace context of the message's cause, if there is one.</param>
/// <param name="CreatedAt">When what it tells was committed, or just before.</param>
public sealed record OutgoingMessage(Guid Id, string Type, byte[] Body, string? TraceParent, DateTimeOffset CreatedAt)
{
    /// <summary>Packs a message with the current trace context.</summary>
    public static OutgoingMessage From(IMessage message, Guid id) =>
        new(id, message.Descriptor.FullName, message.ToByteArray(), Activity.Current?.Id, DateTimeOffset.UtcNow);
}

/// <summary>Publishes messages to the broker. Within a transaction, use <see cref="Outbox"/> instead.</summary>
public interface IMessagePublisher
{
    /// <summary>Maximum duration of one publish. Leases on messages in progress must be longer.</summary>
    TimeSpan Limit { get; }

    /// <summary>Returns whether the broker answers; connects if necessary.</summary>
    Task<bool> IsReachableAsync(CancellationToken ct);

    /// <summary>
    /// Returns the number of messages in a queue that no consumer has taken, so 0 as long as its consumers keep up; 0 as
    /// well when the broker does not tell.
    /// </summary>
    Task<long> CountUntakenAsync(string queue, CancellationToken ct);

    /// <summary>Returns when the broker has confirmed the message. Safe to repeat with the same id.</summary>
    /// <exception cref="BrokerUnavailable">The broker did not confirm in time, but may have the message.</exception>
    /// <exception cref="Undeliverable">No queue accepts this message now, and one must.</exception>
    Task PublishAsync(OutgoingMessage message, CancellationToken ct);
}

/// <summary>Publishes a protobuf message.</summary>
public static class MessagePublisherExtensions
{
    /// <inheritdoc cref="IMessagePublisher.PublishAsync"/>
    public static Task PublishAsync(this IMessagePublisher publisher, IMessage message, Guid messageId, CancellationToken ct) =>
        publisher.PublishAsync(OutgoingMessage.From(message, messageId), ct);
}

/// <summary>The broker cannot be reached or does not confirm. Retry later.</summary>
public sealed class BrokerUnavailable(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>
    /// Whether the broker works, but ended the connection because of a message: this one, or another in progress.
    /// </summary>
    public bool BrokeOff { get; init; }
}

/// <summary>The broker works, but no queue accepts this message yet, or (in memory) its consumer failed.</summary>
public sealed class Undeliverable(string message, Exception? inner = null) : Exception(message, inner);
