using Google.Protobuf;
using Journeys.Protos.Events.V1;
using Journeys.Testing;
using RabbitMQ.Client;

namespace Journeys.BuildingBlocks.Tests;

public sealed class RabbitMessagingTests : IAsyncLifetime
{
    const string Service = "test";

    string broker = null!;
    readonly string id = Guid.NewGuid().ToString();
    IConnection connection = null!;
    IChannel channel = null!;
    Postman postman = null!;

    public async Task InitializeAsync()
    {
        broker = (await TestBroker.SharedAsync()).NextVirtualHost();
        connection = await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync();
        channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        postman = await Postman.StartAsync(
            await Postman.DatabaseAsync(), broker, Service, typeof(ChunkRequestedConsumer), typeof(JourneyLifeConsumer));
        await postman.ConnectedAsync();
    }

    public async Task DisposeAsync()
    {
        await postman.DisposeAsync();
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task A_message_goes_from_the_outbox_through_rabbitmq_to_the_consumer()
    {
        await postman.SendAsync(new ChunkRequested { JobId = id }, new JourneyResumed { State = new() { JourneyId = id } });

        await Eventually.True(() => Task.FromResult(postman.Inbox.Seen.Count == 2), "both to be consumed");
        await Eventually.True(async () => await postman.WaitingAsync() == 0, "the outbox to be empty");
        Assert.Equal([id, $"resumed {id}"], postman.Inbox.Seen.OrderBy(seen => seen.Length));
    }

    [Fact]
    public async Task Any_program_can_read_a_message_with_nothing_but_amqp_and_protobuf()
    {
        var queue = await channel.QueueDeclareAsync();
        await channel.QueueBindAsync(queue.QueueName, "journeys.events.v1.JourneyPaused", "");

        await postman.SendAsync(new JourneyPaused { State = new() { JourneyId = id } });

        BasicGetResult? got = null;
        await Eventually.True(async () => (got = await channel.BasicGetAsync(queue.QueueName, autoAck: true)) is not null, "it to arrive");
        Assert.Equal(id, JourneyPaused.Parser.ParseFrom(got!.Body.Span).State.JourneyId);
        Assert.Equal("journeys.events.v1.JourneyPaused", System.Text.Encoding.UTF8.GetString((byte[])got.BasicProperties.Headers!["message-type"]!));
        Assert.Equal("application/x-protobuf", got.BasicProperties.ContentType);
        await Eventually.True(
            () => Task.FromResult(postman.Inbox.Seen.Contains($"paused {id} {got.BasicProperties.MessageId}")), "the consumer to see the same message id");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_of_a_foreign_program_is_consumed(bool withHeader)
    {
        var properties = withHeader
            ? new BasicProperties { Headers = new Dictionary<string, object?> { ["message-type"] = "journeys.events.v1.ChunkRequested" } }
            : new BasicProperties();

        await channel.BasicPublishAsync(
            "journeys.events.v1.ChunkRequested", "", mandatory: true, properties, new ChunkRequested { JobId = id }.ToByteArray());

        await Eventually.True(() => Task.FromResult(postman.Inbox.Seen.Contains(id)), "it to be consumed");
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_lands_in_the_error_queue()
    {
        await channel.BasicPublishAsync("journeys.events.v1.ChunkRequested", "", mandatory: true, new byte[] { 255, 255, 255 });

        var got = await FromErrorQueueAsync();
        Assert.Equal(new byte[] { 255, 255, 255 }, got.Body.ToArray());
    }

    [Fact]
    public async Task A_message_whose_consumer_always_fails_lands_in_the_error_queue_as_it_was()
    {
        var tries = 0;
        postman.Inbox.Behave = seen => seen == id && Interlocked.Increment(ref tries) > 0
            ? throw new InvalidOperationException("as the test wants it")
            : Task.CompletedTask;

        await postman.SendAsync(new ChunkRequested { JobId = id });

        var got = await FromErrorQueueAsync();
        Assert.Equal(id, ChunkRequested.Parser.ParseFrom(got.Body.Span).JobId);
        Assert.Equal("journeys.events.v1.ChunkRequested", System.Text.Encoding.UTF8.GetString((byte[])got.BasicProperties.Headers!["message-type"]!));
        Assert.Equal(6, tries);
    }

    [Fact]
    public async Task A_message_whose_consumer_keeps_dying_lands_in_the_error_queue()
    {
        await postman.StopAsync();
        await channel.BasicPublishAsync(
            "journeys.events.v1.ChunkRequested", "", mandatory: true, new ChunkRequested { JobId = id }.ToByteArray());

        // What a process that dies does, as RabbitMQ sees it: take the message, never answer, hang up.
        for (var deaths = 0; deaths < 4; deaths++)
        {
            await using var dying = await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync();
            var consumer = await dying.CreateChannelAsync();
            await Eventually.True(
                async () => await consumer.BasicGetAsync($"{Service}.chunk-requested", autoAck: false) is not null, $"delivery {deaths + 1}");
        }

        var got = await FromErrorQueueAsync();
        Assert.Equal(id, ChunkRequested.Parser.ParseFrom(got.Body.Span).JobId);
    }

    [Fact]
    public async Task Nothing_but_the_message_types_becomes_an_exchange()
    {
        foreach (var name in new[] { "Google.Protobuf:IMessage", "Google.Protobuf:IBufferMessage", "MassTransit:Fault" })
        {
            await using var probe = await connection.CreateChannelAsync();
            await Assert.ThrowsAsync<RabbitMQ.Client.Exceptions.OperationInterruptedException>(() => probe.ExchangeDeclarePassiveAsync(name));
        }
    }

    async Task<BasicGetResult> FromErrorQueueAsync()
    {
        BasicGetResult? got = null;
        await Eventually.True(
            async () => (got = await channel.BasicGetAsync($"{Service}.chunk-requested_error", autoAck: true)) is not null, "the error queue to have it", TimeSpan.FromSeconds(30));
        return got!;
    }
}
