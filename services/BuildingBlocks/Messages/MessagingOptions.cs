using System.ComponentModel.DataAnnotations;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>The settings under `Messaging`.</summary>
public sealed record MessagingOptions
{
    internal const string BrokerForm = "Messaging:Broker must be amqp://user:pass@host:port/vhost or memory://name.";

    /// <summary>`amqp://user:pass@host:port/vhost`, `amqps://...`, or `memory://name` for services that share a process.</summary>
    [Required]
    public Uri? Broker { get; init; }

    /// <summary>The password of the broker's user, as it is: nothing in it needs an escape. Empty when the address has it.</summary>
    public string Password { get; init; } = "";

    /// <summary>The other nodes of the cluster that the broker belongs to, `host:port` with commas between; they have the same users and virtual host.</summary>
    public string Nodes { get; init; } = "";

    /// <summary>Messages that each queue hands out ahead.</summary>
    [Range(1, 1_000)]
    public ushort Prefetch { get; init; } = 16;

    /// <summary>Messages of each queue that are handled at once.</summary>
    [Range(1, 1_000)]
    public int Concurrency { get; init; } = 8;

    /// <summary>Times RabbitMQ delivers a message whose consumer dies, before it goes to the error queue, from where it is kept in the database.</summary>
    [Range(1, 1_000)]
    public int DeliveryLimit { get; init; } = 20;

    /// <summary>Tries of a message that fails for an unknown reason, before it is a dead letter. A fault that passes does not count.</summary>
    [Range(1, 1_000)]
    public int MostTries { get; init; } = 12;

    /// <summary>The rest before a failed message is tried again, in seconds. It doubles with each failure.</summary>
    [Range(0.01, 3_600)]
    public double FirstRetrySeconds { get; init; } = 1;

    /// <summary>The longest rest of a failed message, in seconds.</summary>
    [Range(0.01, 86_400)]
    public double LongestRetrySeconds { get; init; } = 60;

    /// <summary>Whether this start sends all dead letters of the service back to their queues.</summary>
    public bool ResendDeadLettersAtStart { get; init; }
}
