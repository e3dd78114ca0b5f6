using Journeys.Protos.Events.V1;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

/// <summary>Reads who has completed a journey. The queue is ours and stays when this program stops, so nothing is missed in between.</summary>
static class Reader
{
    const string Queue = "reader.csharp-completions";

    static readonly string Exchange = EnrollmentCompleted.Descriptor.FullName;
    static readonly HashSet<string> Seen = [];

    public static async Task RunAsync(Uri broker)
    {
        await using var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        // Only checked: the user `reader` may bind to facts, and can create and send nothing but in its own queues.
        await channel.ExchangeDeclarePassiveAsync(Exchange);
        await channel.QueueDeclareAsync(
            Queue, durable: true, exclusive: false, autoDelete: false, arguments: new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        await channel.QueueBindAsync(Queue, Exchange, routingKey: "");
        await channel.BasicQosAsync(prefetchSize: 0, prefetchCount: 10, global: false);

        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) => HandleAsync(channel, delivery);
        await channel.BasicConsumeAsync(Queue, autoAck: false, consumer);
        Console.WriteLine($"reading {Exchange}");
        await Task.Delay(Timeout.Infinite);
    }

    static async Task HandleAsync(IChannel channel, BasicDeliverEventArgs delivery)
    {
        // Delivery is at least once: a message may come again, with the same id. A real program keeps the ids in its database,
        // in the transaction that does the work.
        if (Seen.Add(delivery.BasicProperties.MessageId!))
        {
            foreach (var fact in EnrollmentCompleted.Parser.ParseFrom(delivery.Body.Span).Enrollments)
                Console.WriteLine($"completed {(fact.UserId.Length > 0 ? fact.UserId : fact.AnonymousId)} in {fact.JourneyId} with the outcome {fact.Outcome}");
        }

        // Only now may RabbitMQ forget it.
        await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
    }
}
