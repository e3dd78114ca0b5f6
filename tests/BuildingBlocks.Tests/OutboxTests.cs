using Journeys.BuildingBlocks.Databases;
using Journeys.EmbeddedPostgres;
using Journeys.Protos.Events.V1;
using Journeys.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Journeys.BuildingBlocks.Tests;

public sealed class OutboxTests
{
    readonly string service = $"t{Guid.NewGuid():N}";

    [Fact]
    public async Task What_is_committed_while_the_broker_dies_and_comes_back_arrives_all_of_it()
    {
        await using var node = await TestBroker.StartAsync();
        var broker = node.Address;
        await using var postman = await Postman.StartAsync(
            await Postman.DatabaseAsync(), broker, service, typeof(ChunkRequestedConsumer));
        await postman.ConnectedAsync();
        var ids = Enumerable.Range(0, 3_000).Select(number => $"{service} {number}").ToList();

        // The last ones after it died, however fast the others were.
        var sending = SendAsync(ids[..2_700]);
        await Eventually.True(() => Task.FromResult(postman.Inbox.Seen.Count > 200), "some to arrive");
        await node.KillAsync();
        await sending;
        await SendAsync(ids[2_700..]);
        Assert.NotEqual(0, await postman.WaitingAsync());
        await node.StartAgainAsync();

        await Eventually.True(async () => await postman.WaitingAsync() == 0, "the outbox to be empty");
        await Eventually.True(() => Task.FromResult(postman.Inbox.Seen.ToHashSet().SetEquals(ids)), "all to arrive");

        async Task SendAsync(List<string> some)
        {
            foreach (var chunk in some.Chunk(30))
                await postman.SendAsync(chunk.Select(id => new ChunkRequested { JobId = id }));
        }
    }

    [Fact]
    public async Task A_service_starts_and_takes_messages_while_the_broker_is_down()
    {
        await using var node = await TestBroker.StartAsync();
        var broker = node.Address;
        var database = await Postman.DatabaseAsync();
        await using (var before = await Postman.StartAsync(database, broker, service, typeof(ChunkRequestedConsumer)))
            await before.ConnectedAsync();
        await node.KillAsync();

        await using var postman = await Postman.StartAsync(database, broker, service, typeof(ChunkRequestedConsumer));
        await postman.SendAsync(new ChunkRequested { JobId = service });
        Assert.Equal(1, await postman.WaitingAsync());

        await node.StartAgainAsync();

        await Eventually.True(() => Task.FromResult(postman.Inbox.Seen.Contains(service)), "it to arrive");
    }

    [Theory]
    [InlineData("password", "ACCESS_REFUSED")]
    [InlineData("virtual host", "NOT_ALLOWED")]
    [InlineData("port", "Connection refused")]
    public async Task Why_the_broker_cannot_be_used_is_said_once_and_without_the_password(string wrong, string cause)
    {
        const string password = "s3cret-w0rd";
        var broker = new UriBuilder((await TestBroker.SharedAsync()).NextVirtualHost());
        if (wrong == "password")
            broker.Password = password;
        else if (wrong == "virtual host")
            broker.Path = "/nobody-made-it";
        else
            (broker.Password, broker.Port) = (password, FreePort.Next());
        await using var postman = Postman.Build("Host=127.0.0.1", broker.Uri.OriginalString, service);
        using var log = new Warnings();
        postman.Get<ILoggerFactory>().AddProvider(log);

        for (var tries = 0; tries < 3; tries++)
            Assert.False(await postman.Publisher.IsReachableAsync(default));

        var line = Assert.Single(log.Lines);
        Assert.Contains(cause, line, StringComparison.Ordinal);
        Assert.Contains($"{broker.Host}:{broker.Port}", line, StringComparison.Ordinal);
        Assert.DoesNotContain(password, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Relays_share_the_work()
    {
        var broker = (await TestBroker.SharedAsync()).NextVirtualHost();
        var database = await Postman.DatabaseAsync();
        await using var taker = await Postman.StartAsync(await Postman.DatabaseAsync(), broker, service, typeof(ChunkRequestedConsumer));
        await taker.ConnectedAsync();
        await using var first = Postman.Build(database, broker, $"{service}a");
        await using var second = Postman.Build(database, broker, $"{service}b");
        await Migrations.MigrateAsync(database, "test", typeof(OutboxTests).Assembly);
        var ids = Enumerable.Range(0, 1_000).Select(number => $"{service} {number}").ToList();
        await first.SendAsync(ids.Select(id => new ChunkRequested { JobId = id }));

        await Task.WhenAll(Enumerable.Range(0, 3).SelectMany(_ => new[] { first, second }).Select(
            postman => postman.Relay.RunOnceAsync(CancellationToken.None)));

        Assert.Equal(0, await first.WaitingAsync());
        await Eventually.True(() => Task.FromResult(taker.Inbox.Seen.Count >= ids.Count), "all to arrive");
        // No crash and no lost confirm here, so none came twice.
        Assert.Equal(ids.Order(), taker.Inbox.Seen.Order());
    }

    [Fact]
    public async Task What_a_crashed_relay_had_claimed_is_sent_when_its_lease_ends()
    {
        var broker = (await TestBroker.SharedAsync()).NextVirtualHost();
        await using var postman = await Postman.StartAsync(
            await Postman.DatabaseAsync(), broker, service, typeof(ChunkRequestedConsumer));
        await postman.ConnectedAsync();
        await using var command = postman.Database.CreateCommand(
            """
            insert into test.outbox (outbox_id, message_type, body, lease_until, attempts)
            values (gen_random_uuid(), 'journeys.events.v1.ChunkRequested', @body, now() + interval '2 seconds', 1)
            """);
        command.Parameters.AddWithValue("body", Google.Protobuf.MessageExtensions.ToByteArray(new ChunkRequested { JobId = service }));
        await command.ExecuteNonQueryAsync();

        await Eventually.True(() => Task.FromResult(postman.Inbox.Seen.Contains(service)), "it to arrive");
    }

    [Fact]
    public async Task A_message_whose_change_is_rolled_back_is_never_sent()
    {
        var broker = (await TestBroker.SharedAsync()).NextVirtualHost();
        await using var postman = await Postman.StartAsync(
            await Postman.DatabaseAsync(), broker, service, typeof(ChunkRequestedConsumer));
        await postman.ConnectedAsync();
        await Assert.ThrowsAsync<Refused>(() => postman.Database.InTransactionAsync(
            async transaction =>
            {
                await postman.Outbox.AddAsync(transaction, new ChunkRequested { JobId = $"{service} never" }, CancellationToken.None);
                throw new Refused("NO", "As the test wants it.");
            },
            CancellationToken.None));
        await postman.SendAsync(new ChunkRequested { JobId = $"{service} sent" });

        await Eventually.True(() => Task.FromResult(postman.Inbox.Seen.Count > 0), "the other to arrive");
        Assert.Equal([$"{service} sent"], postman.Inbox.Seen.Where(id => id.StartsWith(service, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_message_without_a_queue_stays_until_there_is_one()
    {
        var broker = (await TestBroker.SharedAsync()).NextVirtualHost();
        var database = await Postman.DatabaseAsync();
        await using var sender = await Postman.StartAsync(database, broker, $"{service}a");
        await sender.SendAsync(new AudienceChanged { AudienceId = service }, new EnrollmentStarted());
        await Eventually.True(async () => await sender.WaitingAsync() == 1, "the one that may go unheard to go");

        await using var taker = await Postman.StartAsync(await Postman.DatabaseAsync(), broker, service, typeof(AudienceChangedConsumer));

        await Eventually.True(() => Task.FromResult(taker.Inbox.Seen.Contains(service)), "it to arrive");
        await Eventually.True(async () => await sender.WaitingAsync() == 0, "the outbox to be empty");
    }

    [Theory]
    [InlineData("amq.reserved")]
    [InlineData("longer than 255 bytes")]
    public async Task A_message_that_the_broker_refuses_rests_and_keeps_no_other_from_leaving(string type)
    {
        var broker = (await TestBroker.SharedAsync()).NextVirtualHost();
        var database = await Postman.DatabaseAsync();
        await using var taker = await Postman.StartAsync(await Postman.DatabaseAsync(), broker, service, typeof(ChunkRequestedConsumer));
        await taker.ConnectedAsync();
        await using var sender = Postman.Build(database, broker, $"{service}a");
        await Migrations.MigrateAsync(database, "test", typeof(OutboxTests).Assembly);
        await sender.SendAsync(Enumerable.Range(0, 100).Select(number => new ChunkRequested { JobId = $"{service} {number}" }));
        // In the middle of those that are sent together.
        await sender.ExecuteAsync($"""
            update test.outbox set message_type = '{type.PadRight(type.StartsWith('l') ? 300 : 0, 'x')}'
            where outbox_id = (select outbox_id from test.outbox order by outbox_id offset 50 limit 1)
            """);

        await RelayUntilAsync(1);
        await Eventually.True(() => Task.FromResult(taker.Inbox.Seen.Distinct().Count() == 99), "all others to arrive");
        // Blamed, and so it rests for longer than the others did.
        await Eventually.True(
            async () =>
            {
                await sender.Relay.RunOnceAsync(CancellationToken.None);
                await using var command = sender.Database.CreateCommand("select attempts from test.outbox");
                return (int)(await command.ExecuteScalarAsync())! > 0;
            },
            "the attempt to count");

        await sender.ExecuteAsync($"update test.outbox set message_type = '{ChunkRequested.Descriptor.FullName}', lease_until = now()");
        await RelayUntilAsync(0);

        Task RelayUntilAsync(long waiting) => Eventually.True(
            async () =>
            {
                await sender.Relay.RunOnceAsync(CancellationToken.None);
                return await sender.WaitingAsync() == waiting;
            },
            $"{waiting} to be left in the outbox");
    }
}
