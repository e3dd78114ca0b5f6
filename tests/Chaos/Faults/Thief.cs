using System.Collections.Concurrent;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Journeys.Chaos.Faults;

/// <summary>Takes messages out of queues before their consumers do, and puts messages in.</summary>
sealed class Thief(Uri broker)
{
    /// <summary>A message as it was taken.</summary>
    public sealed record Loot(ReadOnlyMemory<byte> Body, BasicProperties Properties);

    /// <summary>Takes what comes to a queue for a while, and at the end all that is in it.</summary>
    public async Task<IReadOnlyList<Loot>> TakeAsync(string queue, TimeSpan time)
    {
        var taken = new ConcurrentQueue<Loot>();
        await using var connection = await ConnectAsync();
        await using var channel = await connection.CreateChannelAsync();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            taken.Enqueue(new Loot(delivery.Body.ToArray(), new BasicProperties(delivery.BasicProperties)));
            return Task.CompletedTask;
        };
        // Served before everybody else.
        var arguments = new Dictionary<string, object?> { ["x-priority"] = 100 };
        await channel.BasicConsumeAsync(queue, autoAck: true, consumerTag: "", noLocal: false, exclusive: false, arguments, consumer);
        await Task.Delay(time);
        return [.. taken];
    }

    /// <summary>Throws away what waits in a queue. Returns how many that were.</summary>
    public async Task<uint> PurgeAsync(string queue)
    {
        await using var connection = await ConnectAsync();
        await using var channel = await connection.CreateChannelAsync();
        return await channel.QueuePurgeAsync(queue);
    }

    /// <summary>Puts messages into a queue, spread over a while.</summary>
    public async Task PutAsync(string queue, IReadOnlyList<Loot> messages, TimeSpan time)
    {
        await using var connection = await ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        foreach (var message in messages)
        {
            await channel.BasicPublishAsync("", queue, mandatory: true, message.Properties, message.Body);
            await Task.Delay(time / messages.Count);
        }
    }

    Task<IConnection> ConnectAsync() => new ConnectionFactory { Uri = broker, AutomaticRecoveryEnabled = false }.CreateConnectionAsync();
}
