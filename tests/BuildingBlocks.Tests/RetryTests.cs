using Google.Protobuf;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Messages;
using Journeys.Protos.Events.V1;
using Journeys.Testing;
using Microsoft.Extensions.Hosting;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>Messages that are kept are tried again when they are due, and none keeps another from its next try.</summary>
public sealed class RetryTests
{
    readonly string id = Guid.NewGuid().ToString();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_put_off_is_kept_at_once_and_tried_when_others_had_its_place(bool rabbit)
    {
        await using var pair = await PostmanPair.StartAsync(rabbit, await Postman.DatabaseAsync());
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
        await using var pair = await PostmanPair.StartAsync(rabbit: false, await Postman.DatabaseAsync());
        await StopLoopAsync(pair.Taker);
        var (begun, mayEnd) = (0, new TaskCompletionSource());
        pair.Taker.Inbox.Behave = seen =>
        {
            if (!seen.StartsWith("slow", StringComparison.Ordinal))
                return Task.CompletedTask;
            Interlocked.Increment(ref begun);
            return mayEnd.Task;
        };
        await pair.KeepAsync([.. Enumerable.Range(0, 30).Select(number => $"slow {number}"), "other"]);
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
        await using var pair = await PostmanPair.StartAsync(rabbit: false, await Postman.DatabaseAsync());
        await StopLoopAsync(pair.Taker);
        var (begun, mayEnd) = (new TaskCompletionSource(), new TaskCompletionSource());
        pair.Taker.Inbox.Behave = seen =>
        {
            if (seen == "soon")
                return Task.CompletedTask;
            begun.TrySetResult();
            return mayEnd.Task;
        };
        await pair.KeepAsync("slow");
        await pair.Taker.ExecuteAsync("update test.failed_message set next_try_at = now()");
        var looking = pair.Taker.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None);
        await begun.Task;

        await pair.KeepAsync("soon");
        await pair.Taker.ExecuteAsync("update test.failed_message set next_try_at = now() where error = 'soon'");

        await Eventually.Equal("soon", () => Task.FromResult(string.Join(", ", pair.Taker.Inbox.Seen)), "what was handled");
        mayEnd.SetResult();
        await looking;
        Assert.Equal(0, await pair.Taker.KeptAsync());
    }

    [Fact]
    public async Task A_try_that_a_crash_ended_is_made_again_when_its_lease_is_over()
    {
        await using var pair = await PostmanPair.StartAsync(rabbit: false, await Postman.DatabaseAsync());
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
        await using var pair = await PostmanPair.StartAsync(rabbit: false, await Postman.DatabaseAsync());
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

        // As if more of the lease were over; the test's machine may stand still for some seconds.
        await pair.Taker.ExecuteAsync("update test.failed_message set next_try_at = now() + interval '12 seconds'");
        await Eventually.True(
            async () => await pair.Taker.Get<FailedMessageStore>().NextDueInAsync(CancellationToken.None) > TimeSpan.FromSeconds(12.5), "the lease to be renewed");

        Assert.InRange((await pair.Taker.Get<FailedMessageStore>().NextDueInAsync(CancellationToken.None))!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        mayEnd.SetResult();
        await Eventually.True(async () => await pair.Taker.KeptAsync() == 0, "it to be forgotten");
        Assert.Single(pair.Taker.Inbox.Seen);
    }

    [Theory]
    [InlineData("first_failed_at = '0044-03-15 12:00+00 BC'")]
    [InlineData("tries = 2147483647")]
    public async Task A_kept_message_that_cannot_be_read_keeps_no_other_from_its_next_try(string change)
    {
        await using var pair = await PostmanPair.StartAsync(rabbit: false, await Postman.DatabaseAsync());
        await pair.KeepAsync("broken", "sound");
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
        await using var pair = await PostmanPair.StartAsync(rabbit: false, await Postman.DatabaseAsync());
        var names = Enumerable.Range(0, 200).Select(number => $"{id} {number}").ToArray();
        await pair.KeepAsync(names);
        await pair.Taker.ExecuteAsync("update test.failed_message set next_try_at = now()");

        await pair.Taker.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None);

        await Eventually.Equal(names.Length, () => Task.FromResult(pair.Taker.Inbox.Seen.Intersect(names).Count()), "messages handled");
        await Eventually.Equal(0, pair.Taker.KeptAsync, "messages that wait");
    }

    [Fact]
    public async Task A_look_that_fails_while_a_try_takes_long_keeps_no_other_from_its_next_try()
    {
        await using var pair = await PostmanPair.StartAsync(rabbit: false, await Postman.DatabaseAsync());
        var (begun, mayEnd) = (new TaskCompletionSource(), new TaskCompletionSource());
        pair.Taker.Inbox.Behave = seen =>
        {
            if (seen != "long")
                return Task.CompletedTask;

            begun.TrySetResult();
            return mayEnd.Task;
        };
        await pair.KeepAsync("long", "other");
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
        await using var pair = await PostmanPair.StartAsync(rabbit: false, await Postman.DatabaseAsync());
        await pair.KeepAsync("broken");
        await pair.Taker.ExecuteAsync("update test.failed_message set next_try_at = 'infinity'");

        Assert.Equal(TimeSpan.FromSeconds(10), await pair.Taker.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None));
    }

    // Nothing is tried but what the test tries.
    static Task StopLoopAsync(Postman taker) =>
        taker.Get<IEnumerable<IHostedService>>().OfType<Loop<RetryFailedMessages>>().Single().StopAsync(CancellationToken.None);
}
