using System.Diagnostics;
using Google.Protobuf;

namespace Journeys.BuildingBlocks.Outboxes;

/// <summary>A message on its way out.</summary>
/// <param name="Id">Stays the same when it is sent again.</param>
/// <param name="Type">Full protobuf name, also the name of its exchange.</param>
/// <param name="Body">The protobuf bytes.</param>
/// <param name="TraceParent">W3C trace context of its cause, if there is one.</param>
public sealed record OutgoingMessage(Guid Id, string Type, byte[] Body, string? TraceParent)
{
    /// <summary>Packs a message, with the current trace.</summary>
    public static OutgoingMessage From(IMessage message, Guid id) =>
        new(id, message.Descriptor.FullName, message.ToByteArray(), Activity.Current?.Id);
}

/// <summary>Hands messages to the broker. Publish from a transaction through <see cref="Outbox"/> instead.</summary>
public interface IMessagePublisher
{
    /// <summary>The longest that one publish takes. Leases on what is being published must be longer.</summary>
    TimeSpan Limit { get; }

    /// <summary>Whether the broker answers; connects if need be.</summary>
    Task<bool> IsReachableAsync(CancellationToken ct);

    /// <summary>Returns when the broker has taken the message over for good. Safe to repeat with the same id.</summary>
    /// <exception cref="BrokerUnavailable">The broker did not confirm in time; it may have the message all the same.</exception>
    /// <exception cref="Undeliverable">Nobody takes this message now, and somebody must.</exception>
    Task PublishAsync(OutgoingMessage message, CancellationToken ct);
}

/// <summary>Publishes a protobuf message.</summary>
public static class MessagePublisherExtensions
{
    /// <inheritdoc cref="IMessagePublisher.PublishAsync"/>
    public static Task PublishAsync(this IMessagePublisher publisher, IMessage message, Guid messageId, CancellationToken ct) =>
        publisher.PublishAsync(OutgoingMessage.From(message, messageId), ct);
}

/// <summary>The broker cannot be reached or does not confirm. Try again later.</summary>
public sealed class BrokerUnavailable(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether the broker works and broke off because of a message: this one, or another that was under way beside it.</summary>
    public bool BrokeOff { get; init; }
}

/// <summary>The broker works, but this message has no queue yet, or (in memory) its consumer failed.</summary>
public sealed class Undeliverable(string message, Exception? inner = null) : Exception(message, inner);
