using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Protos.Events.V1;
using Journeys.Protos.Options.V1;
using Journeys.Testing;
using RabbitMQ.Client;

namespace Journeys.BuildingBlocks.Tests;

public sealed class RabbitMessagingTests : IAsyncLifetime
{
    const string Service = "test";

    string broker = null!;
    string database = null!;
    readonly string id = Guid.NewGuid().ToString();
    IConnection connection = null!;
    IChannel channel = null!;
    Postman postman = null!;

    public async Task InitializeAsync()
    {
        broker = (await TestBroker.SharedAsync()).NextVirtualHost();
        connection = await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync();
        channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        database = await Postman.DatabaseAsync();
        postman = await Postman.StartAsync(database, broker, Service, typeof(ChunkRequestedConsumer), typeof(JourneyLifeConsumer));
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
    public async Task A_service_that_gets_nothing_done_is_handed_no_more_than_it_may_hold()
    {
        const uint more = 10;
        var prefetch = new MessagingOptions().Prefetch;
        var isFree = new TaskCompletionSource();
        postman.Inbox.Behave = _ => isFree.Task;

        await postman.SendAsync(Enumerable.Range(0, (int)(prefetch + more)).Select(number => new ChunkRequested { JobId = $"{number}" }));
        await Eventually.Equal(0L, postman.WaitingAsync, "messages in the outbox");
        await Eventually.Equal(more, async () => (await channel.QueueDeclarePassiveAsync($"{Service}.chunk-requested")).MessageCount, "messages that wait in RabbitMQ");
        Assert.Equal(more, await UntakenAsync("chunk-requested"));

        isFree.SetResult();
        await Eventually.Equal((int)(prefetch + more), () => Task.FromResult(postman.Inbox.Seen.Count), "messages to be consumed");
        Assert.Equal((0, 0), (await UntakenAsync("chunk-requested"), await UntakenAsync("no-such-queue")));
        await postman.SendAsync(new ChunkRequested { JobId = "one more" });
        await Eventually.Equal((int)(prefetch + more + 1), () => Task.FromResult(postman.Inbox.Seen.Count), "messages to be consumed");

        Task<long> UntakenAsync(string queue) => postman.Publisher.CountUntakenAsync($"{Service}.{queue}", CancellationToken.None);
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
        Assert.Equal("journeys.events.v1.JourneyPaused", got.BasicProperties.Type);
        Assert.Equal(
            DateTimeOffset.UtcNow,
            DateTimeOffset.FromUnixTimeSeconds(got.BasicProperties.Timestamp.UnixTime), TimeSpan.FromMinutes(5));
        await Eventually.True(
            () => Task.FromResult(postman.Inbox.Seen.Contains($"paused {id} {got.BasicProperties.MessageId}")), "the consumer to see the same message id");
    }

    [Theory]
    [InlineData("site-1.#", 3)]
    [InlineData("site-1.journey-1.*", 2)]
    [InlineData("*.*.JourneyPaused", 2)]
    [InlineData("site-1.-.*", 1)]
    [InlineData("site-2.#", 1)]
    [InlineData("site-3.#", 0)]
    public async Task Facts_are_read_by_site_journey_and_kind(string key, int count)
    {
        var queue = await channel.QueueDeclareAsync();
        await channel.QueueDeclareAsync("all");
        // The service makes the exchange with its first fact at the latest.
        await channel.ExchangeDeclareAsync("journeys.facts", ExchangeType.Topic, durable: true);
        await channel.QueueBindAsync(queue.QueueName, "journeys.facts", key);
        await channel.QueueBindAsync("all", "journeys.facts", "#");

        await postman.SendAsync(
            new JourneyPaused { State = new() { SiteId = "site-1", JourneyId = "journey-1" } },
            new JourneyResumed { State = new() { SiteId = "site-1", JourneyId = "journey-1" } },
            new JourneyPaused { State = new() { SiteId = "site-2", JourneyId = "journey-2" } },
            new EnrollmentStarted { SiteId = "site-1", Enrollments = { new EnrollmentFact { JourneyId = "a" }, new EnrollmentFact { JourneyId = "b" } } },
            new ChunkRequested { JobId = id });

        await Eventually.Equal(4u, () => channel.MessageCountAsync("all"), "facts");
        Assert.Equal((uint)count, await channel.MessageCountAsync(queue.QueueName));
    }

    [Fact]
    public async Task Every_message_that_readers_may_read_is_marked_as_a_fact_and_routed()
    {
        await channel.QueueDeclareAsync("all");
        await channel.ExchangeDeclareAsync("journeys.facts", ExchangeType.Topic, durable: true);
        await channel.QueueBindAsync("all", "journeys.facts", "#");
        var facts = MessagesForReaders().Select(FilledIn).ToList();

        // A message that must reach a queue, and that nothing routes to this one, is refused by the publisher.
        foreach (var fact in facts)
            await postman.Publisher.PublishAsync(OutgoingMessage.From(fact, Guid.NewGuid()), CancellationToken.None);

        var keys = new List<string>();
        while (await channel.BasicGetAsync("all", autoAck: true) is { } got)
            keys.Add(got.RoutingKey);
        Assert.Equal(facts.Select(KeyOf).Order(), keys.Order());
        Assert.Equal(
            facts.Select(fact => fact.Descriptor.Name).Order(),
            EventsReflection.Descriptor.MessageTypes.Where(type => type.GetOptions()?.GetExtension(FactExtensions.Fact) == true)
                .Select(type => type.Name).Order());

        // What the user `reader` may read, but for what is only a part of others.
        static IEnumerable<MessageDescriptor> MessagesForReaders()
        {
            var installed = JsonNode.Parse(File.ReadAllText(RepoRoot.Under("deploy/rabbitmq/definitions.json")))!["permissions"]!.AsArray();
            var readable = (string)installed.Single(permission => (string)permission!["user"]! == "reader")!["read"]!;
            var types = EventsReflection.Descriptor.MessageTypes;
            var parts = types.SelectMany(type => type.Fields.InDeclarationOrder())
                .Where(field => field.FieldType == FieldType.Message).Select(field => field.MessageType.FullName).ToHashSet();
            return types.Where(type => Regex.IsMatch(type.FullName, readable) && !parts.Contains(type.FullName));
        }

        static IMessage FilledIn(MessageDescriptor type) => new JsonParser(JsonParser.Settings.Default.WithIgnoreUnknownFields(true)).Parse(
            """
            {
              "siteId": "site", "journeyId": "journey",
              "state": {"siteId": "site", "journeyId": "journey"}, "enrollments": [{"journeyId": "journey"}]
            }
            """,
            type);

        static string KeyOf(IMessage fact) =>
            $"site.{(fact.ToString()!.Contains("\"journey\"", StringComparison.Ordinal) ? "journey" : "-")}.{fact.Descriptor.Name}";
    }

    [Fact]
    public async Task A_message_is_published_although_the_exchange_for_routed_facts_is_refused()
    {
        await channel.ExchangeDeleteAsync("journeys.facts");
        await channel.ExchangeDeclareAsync("journeys.facts", ExchangeType.Direct, durable: true);
        await using var refused = await Postman.StartAsync(await Postman.DatabaseAsync(), broker, "refused", typeof(JourneyLifeConsumer));
        await refused.ConnectedAsync();

        await refused.SendAsync(new JourneyPaused { State = new() { JourneyId = id } }, new JourneyResumed { State = new() { JourneyId = id } });

        await Eventually.True(() => Task.FromResult(refused.Inbox.Seen.Count == 2), "both to be consumed");
        await Eventually.True(async () => await refused.WaitingAsync() == 0, "the outbox to be empty");
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
    public async Task A_message_that_cannot_be_read_is_a_dead_letter_and_others_go_on()
    {
        await PublishAsync([255, 255, 255]);
        await PublishAsync(new ChunkRequested { JobId = id }.ToByteArray());

        await Eventually.True(() => Task.FromResult(postman.Inbox.Seen.Contains(id)), "the good one to be consumed");
        var dead = await DeadAsync();
        Assert.Equal(("UNREADABLE", "test.chunk-requested"), (dead.Cause, dead.Queue));
        Assert.Equal([255, 255, 255], dead.Body);
    }

    [Fact]
    public async Task A_message_of_a_type_that_the_consumer_does_not_know_is_a_dead_letter()
    {
        await channel.BasicPublishAsync(
            "journeys.events.v1.ChunkRequested", "", mandatory: true,
            new BasicProperties { MessageId = id, Headers = new Dictionary<string, object?> { ["message-type"] = "journeys.events.v9.Unheard\0Of" } },
            new ChunkRequested { JobId = id }.ToByteArray());

        var dead = await DeadAsync();
        Assert.Equal(("UNKNOWN_TYPE", id), (dead.Cause, dead.MessageId.ToString()));
        Assert.StartsWith("journeys.events.v9.Unheard", dead.MessageType, StringComparison.Ordinal);
        Assert.Empty(postman.Inbox.Seen);
    }

    [Fact]
    public async Task A_message_whose_consumer_keeps_dying_is_kept_and_tried_once_more()
    {
        await DieOfItAsync();

        await StartAgainAsync([]);

        await Eventually.True(() => Task.FromResult(postman.Inbox.Seen.Contains(id)), "it to be handled");
        await Eventually.True(async () => await postman.KeptAsync() == 0, "it to be done with");
        Assert.Empty(await postman.DeadAsync());
    }

    [Fact]
    public async Task A_message_that_ends_the_service_every_time_is_a_dead_letter_in_the_end()
    {
        await DieOfItAsync();
        await StartAgainAsync(["--Messaging:LongestRetrySeconds=600", "--Messaging:FirstRetrySeconds=600"]);
        await Eventually.True(async () => await postman.KeptAsync() == 1, "it to be kept");

        // A crash in the middle of its last try: it was taken, and nothing was noted when the lease ended.
        await postman.ExecuteAsync("update test.failed_message set tries = tries + 1, next_try_at = now()");
        await postman.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None);

        var dead = await DeadAsync();
        Assert.Equal("CRASHED", dead.Cause);
        Assert.Equal(id, ChunkRequested.Parser.ParseFrom(dead.Body).JobId);
        Assert.DoesNotContain(id, postman.Inbox.Seen);
    }

    [Theory]
    [InlineData("error", false)]
    [InlineData("error", true)]
    [InlineData("skipped", false)]
    [InlineData("skipped", true)]
    public async Task What_an_older_release_left_in_the_error_queue_can_be_sent_back(string kind, bool atStart)
    {
        await postman.StopAsync();
        // This release has none.
        if (kind == "skipped")
            await channel.QueueDeclareAsync($"{Service}.chunk-requested_skipped", durable: true, exclusive: false, autoDelete: false);
        await channel.BasicPublishAsync(
            "", $"{Service}.chunk-requested_{kind}", mandatory: true,
            new BasicProperties
            {
                MessageId = id,
                Headers = new Dictionary<string, object?>
                {
                    ["message-type"] = "journeys.events.v1.ChunkRequested",
                    ["MT-Fault-ExceptionType"] = "Npgsql.NpgsqlException",
                    ["MT-Fault-Message"] = "gone",
                },
            },
            new ChunkRequested { JobId = id, SiteId = Guid.NewGuid().ToString() }.ToByteArray());

        await StartAgainAsync([$"--Messaging:ResendDeadLettersAtStart={atStart}"]);

        if (!atStart)
        {
            var dead = await DeadAsync();
            Assert.Equal(("FAILED", "Npgsql.NpgsqlException", "gone"), (dead.Cause, dead.ErrorType, dead.Error));
            Assert.Equal(1, await postman.Failed.ResendAsync(siteId: null, dead.FailedMessageId, CancellationToken.None));
            Assert.Equal(0, await postman.Failed.ResendAsync(siteId: null, dead.FailedMessageId, CancellationToken.None));
        }

        await Eventually.True(() => Task.FromResult(postman.Inbox.Seen.Contains(id)), "it to be handled");
        Assert.Empty(await postman.DeadAsync());
    }

    // An exclusive queue is locked for all connections but its own. One of the two is read before the other.
    [Theory]
    [InlineData("chunk-requested", "journey-life")]
    [InlineData("journey-life", "chunk-requested")]
    public async Task An_error_queue_that_cannot_be_read_delays_no_other(string locked, string other)
    {
        await channel.QueueDeclareAsync($"{Service}.{locked}_skipped", durable: false, exclusive: true, autoDelete: false);
        await channel.BasicPublishAsync(
            "", $"{Service}.{other}_error", mandatory: true,
            new BasicProperties
            {
                MessageId = id,
                Headers = new Dictionary<string, object?> { ["message-type"] = "journeys.events.v1.JourneyPaused" },
            },
            new JourneyPaused { State = new() { JourneyId = id, SiteId = Guid.NewGuid().ToString() } }.ToByteArray());

        Assert.Equal($"{Service}.{other}", (await DeadAsync()).Queue);
    }

    // RabbitMQ 4 drops a message of a quorum queue at its 21st delivery unless it is told otherwise.
    [Fact]
    public async Task What_is_in_an_error_queue_of_an_installation_is_never_dropped_however_often_it_was_fetched()
    {
        const string queue = "enrollment.chunk-requested_error";
        await channel.QueueDeclareAsync(
            queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
        await channel.BasicPublishAsync("", queue, mandatory: true, new BasicProperties { MessageId = id }, "lost?"u8.ToArray());

        for (var deaths = 0; deaths <= 21; deaths++)
            await DieOfOneAsync(queue, $"delivery {deaths + 1}");
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

    // What a process that dies does, as RabbitMQ sees it: take the message, never answer, hang up.
    async Task DieOfItAsync()
    {
        await postman.StopAsync();
        await PublishAsync(new ChunkRequested { JobId = id }.ToByteArray());
        for (var deaths = 0; deaths < 4; deaths++)
            await DieOfOneAsync($"{Service}.chunk-requested", $"delivery {deaths + 1}");
    }

    async Task DieOfOneAsync(string queue, string what)
    {
        await using var dying = await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync();
        var consumer = await dying.CreateChannelAsync();
        await Eventually.True(async () => await consumer.BasicGetAsync(queue, autoAck: false) is not null, what);
    }

    async Task StartAgainAsync(string[] settings)
    {
        await postman.DisposeAsync();
        postman = Postman.Build(database, broker, Service, settings, [typeof(ChunkRequestedConsumer), typeof(JourneyLifeConsumer)]);
        await postman.StartAsync();
        await postman.ConnectedAsync();
    }

    Task PublishAsync(byte[] body) => channel.BasicPublishAsync("journeys.events.v1.ChunkRequested", "", mandatory: true, body).AsTask();

    async Task<FailedMessage> DeadAsync()
    {
        await Eventually.True(async () => (await postman.DeadAsync()).Count == 1, "one dead letter");
        return (await postman.DeadAsync())[0];
    }
}
