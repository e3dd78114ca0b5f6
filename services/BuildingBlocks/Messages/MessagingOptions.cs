using System.ComponentModel.DataAnnotations;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>The settings under `Messaging`.</summary>
public sealed record MessagingOptions
{
    internal const string BrokerForm = "Messaging:Broker must be amqp://user:pass@host:port/vhost or memory://name.";

    /// <summary>`amqp://user:pass@host:port/vhost`, `amqps://...`, or `memory://name` for services that share a process.</summary>
    [Required]
    public Uri? Broker { get; init; }

    /// <summary>The password of the broker's user, without escapes. Empty when the address contains it.</summary>
    public string Password { get; init; } = "";

    /// <summary>
    /// The other nodes of the broker's cluster as `host:port`, separated by commas. They have the same users and
    /// virtual host.
    /// </summary>
    public string Nodes { get; init; } = "";

    /// <summary>Number of messages that each queue prefetches.</summary>
    [Range(1, 1_000)]
    public ushort Prefetch { get; init; } = 16;

    /// <summary>Number of messages of each queue that are handled at once.</summary>
    [Range(1, 1_000)]
    public int Concurrency { get; init; } = 8;

    /// <summary>
    /// Number of times that RabbitMQ delivers a message whose consumer dies, before it moves the message to the error
    /// queue, from where it is stored in the database.
    /// </summary>
    [Range(1, 1_000)]
    public int DeliveryLimit { get; init; } = 20;

    /// <summary>
    /// Number of attempts to handle a message that fails for an unknown reason, before it becomes a dead letter.
    /// Temporary faults do not count.
    /// </summary>
    [Range(1, 1_000)]
    public int MostTries { get; init; } = 12;

    /// <summary>Delay before a failed message is retried, in seconds. Doubles with each failure.</summary>
    [Range(0.01, 3_600)]
    public double FirstRetrySeconds { get; init; } = 1;

    /// <summary>Maximum delay before a failed message is retried, in seconds.</summary>
    [Range(0.01, 86_400)]
    public double LongestRetrySeconds { get; init; } = 60;

    /// <summary>Whether this start resends all dead letters of the service to their queues.</summary>
    public bool ResendDeadLettersAtStart { get; init; }
}
