using System.Text;
using Journeys.Chaos.Plans;
using Journeys.Protos.Events.V1;
using RabbitMQ.Client;

namespace Journeys.Chaos.Faults;

/// <summary>Messages that no consumer can do anything with.</summary>
static class Garbage
{
    static readonly string[] Types = [.. EventsReflection.Descriptor.MessageTypes.Select(type => type.FullName), "journeys.events.v9.NeverHeardOf"];

    // Field 1, a message of 4 bytes whose field 1 is the text "no".
    static readonly byte[] SomethingWithoutIds = [0x0A, 0x04, 0x0A, 0x02, (byte)'n', (byte)'o'];

    /// <summary>Every queue, and with each the messages for it.</summary>
    public static IEnumerable<(string Queue, IReadOnlyList<Thief.Loot> Messages)> For(Random random)
    {
        var noise = new byte[200];
        random.NextBytes(noise);
        foreach (var queue in FaultPlan.Queues)
        {
            yield return (queue,
            [
                new(noise, new BasicProperties()), new(Encoding.UTF8.GetBytes("{\"timers\": []}"), new BasicProperties { MessageId = "not an id" }),
                .. Types.SelectMany(type => new Thief.Loot[] { new(noise, Of(type)), new(SomethingWithoutIds, Of(type)), new(Array.Empty<byte>(), Of(type)) }),
            ]);
        }
    }

    static BasicProperties Of(string type) => new() { Headers = new Dictionary<string, object?> { ["message-type"] = type } };
}
