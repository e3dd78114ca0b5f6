using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Protos.Events.V1;
using Journeys.Testing;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>What happens to messages that fail is the same over RabbitMQ and within one process.</summary>
public sealed class FailedMessageTests
{
    static readonly Guid Site = Guid.NewGuid();

    readonly string id = Guid.NewGuid().ToString();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_the_database_is_away_messages_wait_and_are_handled_when_it_is_back(bool rabbit)
    {
        await using var database = await TestDatabase.CreateEmptyAsync();
        await using var pair = await PostmanPair.StartAsync(rabbit, database.ConnectionString);
        var tries = 0;
        pair.Taker.Inbox.Behave = async _ =>
        {
            Interlocked.Increment(ref tries);
            await pair.Taker.ExecuteAsync("insert into test.note (body) values ('seen')");
        };
        await database.TakeAwayAsync();

        await pair.Sender.SendAsync(Enumerable.Range(0, 40).Select(number => new ChunkRequested { JobId = $"{id} {number}" }));
        await Eventually.True(() => Task.FromResult(!pair.Taker.Get<DatabaseGate>().IsOpen), "the gate to close");
        var triesWhenClosed = tries;
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => pair.Taker.Get<DatabaseGate>().CheckAsync()));
        await database.GiveBackAsync();

        await Eventually.Equal(40, () => Task.FromResult(pair.Taker.Inbox.Seen.Distinct().Count()), "messages handled");
        Assert.Empty(await pair.Taker.DeadAsync());
        // Eight are handled at once, and a few more may begin while the first failures are looked into; the others never came so far.
        Assert.InRange(triesWhenClosed, 1, 32);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_fault_that_passes_is_tried_until_it_has_passed_and_others_go_on(bool rabbit)
    {
        await using var pair = await PostmanPair.StartAsync(rabbit, await Postman.DatabaseAsync());
        var tries = 0;
        pair.Taker.Inbox.Behave = seen =>
            seen == id && Interlocked.Increment(ref tries) <= 12 ? throw new NotYet("The news has not arrived yet.") : Task.CompletedTask;

        await pair.Sender.SendAsync(new ChunkRequested { JobId = id });
        await pair.Sender.SendAsync(Enumerable.Range(0, 40).Select(number => new ChunkRequested { JobId = $"{id} {number}" }));

        await Eventually.Equal(41, () => Task.FromResult(pair.Taker.Inbox.Seen.Distinct().Count()), "messages handled");
        await Eventually.True(async () => await pair.Taker.KeptAsync() == 0, "nothing to be kept");
        // More than the three tries that a fault of an unknown kind has here.
        Assert.Equal(13, tries);
        Assert.Empty(await pair.Taker.DeadAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_right_that_is_missing_kills_no_message_however_often_it_is_tried(bool rabbit)
    {
        await using var pair = await PostmanPair.StartAsync(rabbit, await Postman.DatabaseAsync());
        await pair.Taker.ExecuteAsync($"create role \"{id}\"");
        var tries = 0;
        pair.Taker.Inbox.Behave = async _ =>
        {
            Interlocked.Increment(ref tries);
            await pair.Taker.ExecuteAsync($"begin; set local role \"{id}\"; insert into test.note (body) values ('seen'); commit");
        };

        await pair.Sender.SendAsync(new ChunkRequested { JobId = id });
        // Four in place and three from the table would be all of a fault of an unknown kind.
        await Eventually.True(() => Task.FromResult(Volatile.Read(ref tries) > 12), "more tries than an unknown fault has");
        Assert.Empty(await pair.Taker.DeadAsync());
        await pair.Taker.ExecuteAsync($"grant usage on schema test to \"{id}\"; grant insert on test.note to \"{id}\"");

        await Eventually.True(() => Task.FromResult(pair.Taker.Inbox.Seen.Contains(id)), "it to be handled");
        await pair.Taker.ExecuteAsync($"drop owned by \"{id}\"; drop role \"{id}\"");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Poison_between_good_messages_is_a_dead_letter_and_can_be_sent_back(bool rabbit)
    {
        await using var pair = await PostmanPair.StartAsync(rabbit, await Postman.DatabaseAsync());
        pair.Taker.Inbox.Behave = seen => seen == id ? throw new FormatException($"{seen} is no id") : Task.CompletedTask;

        await pair.Sender.SendAsync(new ChunkRequested { JobId = $"{id} before" });
        await pair.Sender.SendAsync(new ChunkRequested { JobId = id, SiteId = Site.ToString() });
        await pair.Sender.SendAsync(new ChunkRequested { JobId = $"{id} after" });

        var dead = await pair.DeadAsync();
        Assert.Equal(("REFUSED", "System.FormatException", $"{id} is no id"), (dead.Cause, dead.ErrorType, dead.Error));
        Assert.Equal([Site], dead.SiteIds);
        await Eventually.Equal(2, () => Task.FromResult(pair.Taker.Inbox.Seen.Count), "good messages handled");
        await Eventually.True(async () => await pair.Sender.WaitingAsync() == 0, "the outbox to be empty");

        pair.Taker.Inbox.Behave = _ => Task.CompletedTask;
        Assert.Equal(1, await pair.Taker.Failed.ResendAsync(Site, dead.FailedMessageId, CancellationToken.None));

        await Eventually.True(() => Task.FromResult(pair.Taker.Inbox.Seen.Contains(id)), "it to be handled");
        await Eventually.True(async () => await pair.Taker.KeptAsync() == 0, "it to be forgotten");
        Assert.Equal(0, await pair.Taker.Failed.ResendAsync(Site, dead.FailedMessageId, CancellationToken.None));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failure_of_an_unknown_kind_is_tried_a_few_times_and_then_a_dead_letter(bool rabbit)
    {
        await using var pair = await PostmanPair.StartAsync(rabbit, await Postman.DatabaseAsync());
        var tries = 0;
        pair.Taker.Inbox.Behave = _ =>
        {
            tries++;
            throw new InvalidOperationException("as the test wants it");
        };

        await pair.Sender.SendAsync(new ChunkRequested { JobId = id });

        var dead = await pair.DeadAsync();
        Assert.Equal("FAILED", dead.Cause);
        // Four in place, three from the table.
        Assert.Equal(7, tries);
    }

    [Fact]
    public async Task A_crash_between_keeping_a_dead_letter_and_the_acknowledgement_keeps_one()
    {
        await using var pair = await PostmanPair.StartAsync(rabbit: false, await Postman.DatabaseAsync());
        pair.Taker.Inbox.Behave = _ => throw new FormatException("no id");
        var message = OutgoingMessage.From(new ChunkRequested { JobId = id }, Guid.NewGuid());

        // The same message comes again, as RabbitMQ and the outbox bring it after a crash.
        await pair.Sender.Publisher.PublishAsync(message, CancellationToken.None);
        await pair.Sender.Publisher.PublishAsync(message, CancellationToken.None);

        Assert.Single(await pair.Taker.DeadAsync());
    }

    [Fact]
    public async Task A_message_that_cannot_be_kept_as_text_is_kept_all_the_same()
    {
        await using var pair = await PostmanPair.StartAsync(rabbit: false, await Postman.DatabaseAsync());
        pair.Taker.Inbox.Behave = _ => throw new FormatException("a\0b \uD83D " + new string('x', 5_000));

        await pair.Sender.SendAsync(new ChunkRequested { JobId = id });

        Assert.StartsWith("a\uFFFDb \uFFFD x", (await pair.DeadAsync()).Error, StringComparison.Ordinal);
    }
}
