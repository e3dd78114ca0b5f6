using Google.Protobuf;
using Journeys.BuildingBlocks.Messages;
using Journeys.Protos.Events.V1;
using Journeys.Testing;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>A service that sends messages and one that takes them.</summary>
sealed record PostmanPair(Postman Sender, Postman Taker) : IAsyncDisposable
{
    public static async Task<PostmanPair> StartAsync(bool rabbit, string database)
    {
        var broker = rabbit ? (await TestBroker.SharedAsync()).NextVirtualHost() : $"memory://{Guid.NewGuid():N}";
        var taker = await Postman.StartAsync(database, broker, "taker", typeof(ChunkRequestedConsumer), typeof(TimersRequestedConsumer));
        if (rabbit)
            await taker.ConnectedAsync();
        return new PostmanPair(await Postman.StartAsync(await Postman.DatabaseAsync(), broker, "sender"), taker);
    }

    /// <summary>Keeps messages that are not due before the test says so, each with its name as its error.</summary>
    public async Task KeepAsync(params string[] names)
    {
        foreach (var name in names)
        {
            var body = Convert.ToHexString(new ChunkRequested { JobId = name }.ToByteArray());
            await Taker.ExecuteAsync($"""
                insert into test.failed_message (
                    failed_message_id, queue, message_id, message_type, body, cause, error_type, error, tries, failures, site_ids, next_try_at)
                values (
                    gen_random_uuid(), 'taker.chunk-requested', gen_random_uuid(), 'journeys.events.v1.ChunkRequested', decode('{body}', 'hex'),
                    'PASSING', '', '{name}', 0, 1, array[]::uuid[], now() + interval '1 hour')
                """);
        }
    }

    /// <summary>The only dead letter, once it is there.</summary>
    public async Task<FailedMessage> DeadAsync()
    {
        await Eventually.True(async () => (await Taker.DeadAsync()).Count == 1, "one dead letter");
        return (await Taker.DeadAsync())[0];
    }

    public async ValueTask DisposeAsync()
    {
        await Taker.DisposeAsync();
        await Sender.DisposeAsync();
    }
}
