using System.Diagnostics.Metrics;
using System.Net;
using Google.Protobuf;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Protos.Events.V1;
using Journeys.Protos.Messaging.V1;
using Journeys.Testing;
using Microsoft.Extensions.Hosting;

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
        await using var pair = await StartAsync(rabbit, database.ConnectionString);
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
        await using var pair = await StartAsync(rabbit, await Postman.DatabaseAsync());
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
    public async Task What_is_put_off_is_kept_at_once_and_tried_when_others_had_its_place(bool rabbit)
    {
        await using var pair = await StartAsync(rabbit, await Postman.DatabaseAsync());
        var kept = new List<long>();
        pair.Taker.Inbox.Behave = async _ =>
        {
            kept.Add(await pair.Taker.KeptAsync());
            var putOff = new PutOff("The rest is put off.");
            if (kept.Count <= 2)
                throw kept.Count == 1 ? new AggregateException(new TimeoutException(), putOff) : putOff;
        };

        await pair.Sender.SendAsync(new ChunkRequested { JobId = id });

        await Eventually.True(() => Task.FromResult(pair.Taker.Inbox.Seen.Contains(id)), "it to be handled");
        await Eventually.True(async () => await pair.Taker.KeptAsync() == 0, "it to be forgotten");
        Assert.Equal([0, 1, 1], kept);
    }

    [Fact]
    public async Task What_was_put_off_and_takes_long_again_leaves_nearly_all_places_to_others()
    {
        await using var pair = await StartAsync(rabbit: false, await Postman.DatabaseAsync());
        await StopLoopAsync(pair.Taker);
        var (begun, mayEnd) = (0, new TaskCompletionSource());
        pair.Taker.Inbox.Behave = seen =>
        {
            if (!seen.StartsWith("slow", StringComparison.Ordinal))
                return Task.CompletedTask;
            Interlocked.Increment(ref begun);
            return mayEnd.Task;
        };
        await KeepAsync(pair.Taker, [.. Enumerable.Range(0, 30).Select(number => $"slow {number}"), "other"]);
        await pair.Taker.ExecuteAsync($"""
            begin;
            update test.failed_message set error_type = '{typeof(PutOff).FullName}', next_try_at = now() - interval '1 minute' where error <> 'other';
            update test.failed_message set next_try_at = now() where error = 'other';
            commit
            """);

        var looking = pair.Taker.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None);
        await pair.Sender.SendAsync(new ChunkRequested { JobId = "new" });

        await Eventually.Equal("new, other", () => Task.FromResult(string.Join(", ", pair.Taker.Inbox.Seen.Order())), "what was handled");
        await Eventually.Equal(2, () => Task.FromResult(begun), "those that were put off and have begun");
        mayEnd.SetResult();
        await looking;
        await Eventually.Equal(
            0,
            async () =>
            {
                await pair.Taker.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None);
                return await pair.Taker.KeptAsync();
            },
            "messages that wait");
        Assert.Equal(32, pair.Taker.Inbox.Seen.Count);
    }

    [Fact]
    public async Task What_becomes_due_waits_for_no_other_that_takes_long()
    {
        await using var pair = await StartAsync(rabbit: false, await Postman.DatabaseAsync());
        await StopLoopAsync(pair.Taker);
        var (begun, mayEnd) = (new TaskCompletionSource(), new TaskCompletionSource());
        pair.Taker.Inbox.Behave = seen =>
        {
            if (seen == "soon")
                return Task.CompletedTask;
            begun.TrySetResult();
            return mayEnd.Task;
        };
        await KeepAsync(pair.Taker, "slow");
        await pair.Taker.ExecuteAsync("update test.failed_message set next_try_at = now()");
        var looking = pair.Taker.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None);
        await begun.Task;

        await KeepAsync(pair.Taker, "soon");
        await pair.Taker.ExecuteAsync("update test.failed_message set next_try_at = now() where error = 'soon'");

        await Eventually.Equal("soon", () => Task.FromResult(string.Join(", ", pair.Taker.Inbox.Seen)), "what was handled");
        mayEnd.SetResult();
        await looking;
        Assert.Equal(0, await pair.Taker.KeptAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Poison_between_good_messages_is_a_dead_letter_and_can_be_sent_back(bool rabbit)
    {
        await using var pair = await StartAsync(rabbit, await Postman.DatabaseAsync());
        pair.Taker.Inbox.Behave = seen => seen == id ? throw new FormatException($"{seen} is no id") : Task.CompletedTask;

        await pair.Sender.SendAsync(new ChunkRequested { JobId = $"{id} before" });
        await pair.Sender.SendAsync(new ChunkRequested { JobId = id, SiteId = Site.ToString() });
        await pair.Sender.SendAsync(new ChunkRequested { JobId = $"{id} after" });

        var dead = await DeadAsync(pair.Taker);
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
        await using var pair = await StartAsync(rabbit, await Postman.DatabaseAsync());
        var tries = 0;
        pair.Taker.Inbox.Behave = _ =>
        {
            tries++;
            throw new InvalidOperationException("as the test wants it");
        };

        await pair.Sender.SendAsync(new ChunkRequested { JobId = id });

        var dead = await DeadAsync(pair.Taker);
        Assert.Equal("FAILED", dead.Cause);
        // Four in place, three from the table.
        Assert.Equal(7, tries);
    }

    [Fact]
    public async Task A_crash_between_keeping_a_dead_letter_and_the_acknowledgement_keeps_one()
    {
        await using var pair = await StartAsync(rabbit: false, await Postman.DatabaseAsync());
        pair.Taker.Inbox.Behave = _ => throw new FormatException("no id");
        var message = OutgoingMessage.From(new ChunkRequested { JobId = id }, Guid.NewGuid());

        // The same message comes again, as RabbitMQ and the outbox bring it after a crash.
        await pair.Sender.Publisher.PublishAsync(message, CancellationToken.None);
        await pair.Sender.Publisher.PublishAsync(message, CancellationToken.None);

        Assert.Single(await pair.Taker.DeadAsync());
    }

    [Fact]
    public async Task A_try_that_a_crash_ended_is_made_again_when_its_lease_is_over()
    {
        await using var pair = await StartAsync(rabbit: false, await Postman.DatabaseAsync());
        var letter = new Letter(Guid.NewGuid(), ChunkRequested.Descriptor.FullName, new ChunkRequested { JobId = id }.ToByteArray(), TraceParent: null);
        await pair.Taker.Failed.KeepAsync("taker.chunk-requested", letter, new("PASSING", Fault.Passing, "", ""), [], tries: 0, CancellationToken.None);
        await pair.Taker.ExecuteAsync("update test.failed_message set tries = 1, next_try_at = now() - interval '1 second'");

        await pair.Taker.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None);

        await Eventually.True(() => Task.FromResult(pair.Taker.Inbox.Seen.Contains(id)), "it to be handled");
        await Eventually.True(async () => await pair.Taker.KeptAsync() == 0, "it to be forgotten");
    }

    [Fact]
    public async Task A_try_that_takes_long_keeps_its_lease_and_loses_it_soon_after_a_crash()
    {
        await using var pair = await StartAsync(rabbit: false, await Postman.DatabaseAsync());
        var begun = new TaskCompletionSource();
        var mayEnd = new TaskCompletionSource();
        pair.Taker.Inbox.Behave = _ =>
        {
            begun.TrySetResult();
            return mayEnd.Task;
        };
        var letter = new Letter(Guid.NewGuid(), ChunkRequested.Descriptor.FullName, new ChunkRequested { JobId = id }.ToByteArray(), TraceParent: null);
        await pair.Taker.Failed.KeepAsync("taker.chunk-requested", letter, new("PASSING", Fault.Passing, "", ""), [], tries: 0, CancellationToken.None);
        await begun.Task;

        // As if the lease were nearly over.
        await pair.Taker.ExecuteAsync("update test.failed_message set next_try_at = now() + interval '6 seconds'");
        await Eventually.True(
            async () => await pair.Taker.Failed.NextDueInAsync(CancellationToken.None) > TimeSpan.FromSeconds(8), "the lease to be renewed");

        Assert.InRange((await pair.Taker.Failed.NextDueInAsync(CancellationToken.None))!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        mayEnd.SetResult();
        await Eventually.True(async () => await pair.Taker.KeptAsync() == 0, "it to be forgotten");
        Assert.Single(pair.Taker.Inbox.Seen);
    }

    [Theory]
    [InlineData("first_failed_at = '0044-03-15 12:00+00 BC'")]
    [InlineData("tries = 2147483647")]
    public async Task A_kept_message_that_cannot_be_read_keeps_no_other_from_its_next_try(string change)
    {
        await using var pair = await StartAsync(rabbit: false, await Postman.DatabaseAsync());
        await KeepAsync(pair.Taker, "broken", "sound");
        await pair.Taker.ExecuteAsync($"""
            begin;
            update test.failed_message set {change} where error = 'broken';
            update test.failed_message set next_try_at = now();
            commit
            """);

        await pair.Taker.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None);

        await Eventually.True(() => Task.FromResult(pair.Taker.Inbox.Seen.Contains("sound")), "the sound one to be handled");
        await Eventually.Equal(0, pair.Taker.KeptAsync, "messages that wait");
    }

    [Fact]
    public async Task Tries_that_end_at_once_keep_no_other_from_its_next_try()
    {
        await using var pair = await StartAsync(rabbit: false, await Postman.DatabaseAsync());
        var names = Enumerable.Range(0, 200).Select(number => $"{id} {number}").ToArray();
        await KeepAsync(pair.Taker, names);
        await pair.Taker.ExecuteAsync("update test.failed_message set next_try_at = now()");

        await pair.Taker.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None);

        await Eventually.Equal(names.Length, () => Task.FromResult(pair.Taker.Inbox.Seen.Intersect(names).Count()), "messages handled");
        await Eventually.Equal(0, pair.Taker.KeptAsync, "messages that wait");
    }

    [Fact]
    public async Task A_look_that_fails_while_a_try_takes_long_keeps_no_other_from_its_next_try()
    {
        await using var pair = await StartAsync(rabbit: false, await Postman.DatabaseAsync());
        var (begun, mayEnd) = (new TaskCompletionSource(), new TaskCompletionSource());
        pair.Taker.Inbox.Behave = seen =>
        {
            if (seen != "long")
                return Task.CompletedTask;

            begun.TrySetResult();
            return mayEnd.Task;
        };
        await KeepAsync(pair.Taker, "long", "other");
        await pair.Taker.ExecuteAsync("update test.failed_message set next_try_at = now() where error = 'long'");
        var turn = pair.Taker.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None);
        await begun.Task;

        // A sequence counts also what is rolled back.
        await pair.Taker.ExecuteAsync("""
            update test.failed_message set next_try_at = now() where error = 'other';
            create sequence test.looks;
            create function test.refuse() returns trigger language plpgsql as $$ begin
                perform nextval('test.looks');
                raise exception 'out of memory' using errcode = '53200';
            end $$;
            create trigger refuse before update on test.failed_message for each row execute function test.refuse()
            """);
        await Eventually.True(
            async () => (bool)(await pair.Taker.Database.CreateCommand("select is_called from test.looks").ExecuteScalarAsync())!, "a look to fail");
        await pair.Taker.ExecuteAsync("drop trigger refuse on test.failed_message; drop function test.refuse; drop sequence test.looks");

        await Eventually.True(() => Task.FromResult(pair.Taker.Inbox.Seen.Contains("other")), "the other one to be handled");
        Assert.False(turn.IsCompleted);
        mayEnd.SetResult();
        await turn;
    }

    [Fact]
    public async Task A_kept_message_that_is_never_due_keeps_no_other_waiting()
    {
        await using var pair = await StartAsync(rabbit: false, await Postman.DatabaseAsync());
        await KeepAsync(pair.Taker, "broken");
        await pair.Taker.ExecuteAsync("update test.failed_message set next_try_at = 'infinity'");

        Assert.Equal(TimeSpan.FromSeconds(10), await pair.Taker.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_message_that_cannot_be_kept_as_text_is_kept_all_the_same()
    {
        await using var pair = await StartAsync(rabbit: false, await Postman.DatabaseAsync());
        pair.Taker.Inbox.Behave = _ => throw new FormatException("a\0b \uD83D " + new string('x', 5_000));

        await pair.Sender.SendAsync(new ChunkRequested { JobId = id });

        Assert.StartsWith("a\uFFFDb \uFFFD x", (await DeadAsync(pair.Taker)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_site_sees_what_names_it_and_nothing_of_others()
    {
        var other = Guid.NewGuid();
        await using var pair = await StartAsync(rabbit: false, await Postman.DatabaseAsync());
        await KeepAsync(new TimersRequested { Timers = { TimerOf(Site), TimerOf(other), TimerOf(other) } });
        await KeepAsync(new TimersRequested { Timers = { TimerOf(other) } });
        await KeepAsync(new ChunkCompleted { JobId = "of nobody" });

        var seen = await pair.Taker.DeadLetters.ListAsync(new() { Limit = 10 }, Site, CancellationToken.None);

        var letter = Assert.Single(seen.DeadLetters);
        Assert.Equal((1, 1), (seen.TotalSize, letter.Failures));
        Assert.Equal(DeadLetter.Types.Cause.Refused, letter.Cause);
        Assert.Equal(["timers[]: Timer x 1", "timers[].site_id: string x 1", "timers[].enrollment_id: string x 1", "timers[].visit_no: int32 x 1"], letter.Shape);
        Assert.Equal("", letter.Error);
        Assert.DoesNotContain("secret", seen.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, (await pair.Taker.DeadLetters.ResendAsync(new(), Site, CancellationToken.None)).Resent);
        var foreign = (await pair.Taker.DeadLetters.ListAsync(new() { Limit = 10 }, other, CancellationToken.None)).DeadLetters;
        var refused = await pair.Taker.DeadLetters.ResendAsync(new() { Id = foreign[0].Id }, Site, CancellationToken.None);
        Assert.Equal((false, 0), (refused.Found, refused.Resent));

        Task KeepAsync(IMessage message) => pair.Taker.Failed.KeepAsync(
            "taker.timers-requested", new(Guid.NewGuid(), message.Descriptor.FullName, message.ToByteArray(), null),
            new("REFUSED", Fault.Final, "System.FormatException", "secret is no id"), Letter.SitesOf(message), tries: 0, CancellationToken.None);

        static Protos.Events.V1.Timer TimerOf(Guid site) => new() { SiteId = site.ToString(), EnrollmentId = "secret", VisitNo = 2 };
    }

    [Fact]
    public async Task Dead_letters_are_told_by_health_without_making_the_service_unready()
    {
        await using var pair = await StartAsync(rabbit: false, await Postman.DatabaseAsync());
        pair.Taker.Inbox.Behave = _ => throw new FormatException("no id");
        await pair.Sender.SendAsync(new ChunkRequested { JobId = id });
        await DeadAsync(pair.Taker);
        await pair.Taker.Get<DeadLetterMeter>().RunOnceAsync(CancellationToken.None);

        var (status, detail) = await GetAsync("/health/detail");
        var (ready, _) = await GetAsync("/health/ready");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (status, ready));
        Assert.Contains("1 dead letters: taker.chunk-requested 1.", detail, StringComparison.Ordinal);

        async Task<(HttpStatusCode Status, string Body)> GetAsync(string path)
        {
            using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var answer = await http.GetAsync(new Uri(new Uri(pair.Taker.Address), path));
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task Dead_letters_and_messages_that_wait_are_measured_by_queue()
    {
        await using var pair = await StartAsync(rabbit: false, await Postman.DatabaseAsync());
        pair.Taker.Inbox.Behave = _ => throw new FormatException("no id");
        await pair.Sender.SendAsync([new ChunkRequested { JobId = $"{id} 1" }, new ChunkRequested { JobId = $"{id} 2" }]);
        await Eventually.Equal(2, async () => (await pair.Taker.DeadAsync()).Count, "dead letters");
        await KeepAsync(pair.Taker, "waits");

        await Eventually.True(
            async () =>
            {
                await pair.Taker.Get<DeadLetterMeter>().RunOnceAsync(CancellationToken.None);
                return Read("journeys.dead_letters") == "taker.chunk-requested 2, taker.timers-requested 0"
                    && Read("journeys.messages.waiting") == "taker.chunk-requested 1, taker.timers-requested 0";
            },
            "the gauges to tell them");

        string Read(string name) => string.Join(", ", Gauge.Read(pair.Taker.Get<IMeterFactory>(), name).Order().Select(one => $"{one.Tags} {one.Value}"));
    }

    // Nothing is tried but what the test tries.
    static Task StopLoopAsync(Postman taker) =>
        taker.Get<IEnumerable<IHostedService>>().OfType<Loop<RetryFailedMessages>>().Single().StopAsync(CancellationToken.None);

    // Not due before the test says so.
    static async Task KeepAsync(Postman taker, params string[] names)
    {
        foreach (var name in names)
        {
            var body = Convert.ToHexString(new ChunkRequested { JobId = name }.ToByteArray());
            await taker.ExecuteAsync($"""
                insert into test.failed_message (
                    failed_message_id, queue, message_id, message_type, body, cause, error_type, error, tries, failures, site_ids, next_try_at)
                values (
                    gen_random_uuid(), 'taker.chunk-requested', gen_random_uuid(), 'journeys.events.v1.ChunkRequested', decode('{body}', 'hex'),
                    'PASSING', '', '{name}', 0, 1, array[]::uuid[], now() + interval '1 hour')
                """);
        }
    }

    static async Task<FailedMessage> DeadAsync(Postman postman)
    {
        await Eventually.True(async () => (await postman.DeadAsync()).Count == 1, "one dead letter");
        return (await postman.DeadAsync())[0];
    }

    static async Task<Pair> StartAsync(bool rabbit, string database)
    {
        var broker = rabbit ? (await TestBroker.SharedAsync()).NextVirtualHost() : $"memory://{Guid.NewGuid():N}";
        var taker = await Postman.StartAsync(database, broker, "taker", typeof(ChunkRequestedConsumer), typeof(TimersRequestedConsumer));
        if (rabbit)
            await taker.ConnectedAsync();
        return new Pair(await Postman.StartAsync(await Postman.DatabaseAsync(), broker, "sender"), taker);
    }

    sealed record Pair(Postman Sender, Postman Taker) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Taker.DisposeAsync();
            await Sender.DisposeAsync();
        }
    }
}
