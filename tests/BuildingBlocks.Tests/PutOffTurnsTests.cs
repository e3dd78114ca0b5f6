using System.Collections.Concurrent;
using Google.Protobuf;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Messages;
using Journeys.Protos.Events.V1;
using Microsoft.Extensions.Hosting;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>Messages that were put off are tried by turns of their sites, however many each has.</summary>
public sealed class PutOffTurnsTests
{
    [Fact]
    public async Task A_site_that_was_put_off_last_waits_for_one_message_of_each_other()
    {
        await using var taker = await Postman.StartAsync(
            await Postman.DatabaseAsync(), $"memory://{Guid.NewGuid():N}", "taker", typeof(ChunkRequestedConsumer), typeof(TimersRequestedConsumer));
        await taker.Get<IEnumerable<IHostedService>>().OfType<Loop<RetryFailedMessages>>().Single().StopAsync(CancellationToken.None);
        var tried = new ConcurrentQueue<string>();
        taker.Inbox.Behave = name =>
        {
            tried.Enqueue(name[..1]);
            return Task.CompletedTask;
        };
        var age = 100;
        foreach (var site in "aaaaabbbbbc")
            await KeepAsync(taker, $"{site}", age--);

        while (await taker.KeptAsync() > 0)
            await taker.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None);

        // Two at a time.
        Assert.Equal(11, tried.Count);
        Assert.Equal(["a", "b"], tried.Take(2).Order());
        Assert.Contains("c", tried.Skip(2).Take(2));
    }

    [Fact]
    public async Task What_replicas_look_for_at_the_same_moment_is_taken_by_one_of_them()
    {
        await using var taker = await Postman.StartAsync(
            await Postman.DatabaseAsync(), $"memory://{Guid.NewGuid():N}", "taker", typeof(ChunkRequestedConsumer), typeof(TimersRequestedConsumer));
        await taker.Get<IEnumerable<IHostedService>>().OfType<Loop<RetryFailedMessages>>().Single().StopAsync(CancellationToken.None);

        for (var round = 0; round < 50; round++)
        {
            await taker.ExecuteAsync("delete from test.failed_message");
            for (var age = 1; age <= 8; age++)
                await KeepAsync(taker, $"{age}", age);

            var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
                Task.Run(() => taker.Get<FailedMessageStore>().ClaimDueAsync(0, putOffLimit: 4, [], CancellationToken.None))));

            var ids = taken.SelectMany(part => part).Select(message => message.FailedMessageId).ToList();
            Assert.Equal(ids.Distinct().Count(), ids.Count);
        }
    }

    static Task KeepAsync(Postman taker, string site, int age)
    {
        var body = Convert.ToHexString(new ChunkRequested { JobId = site }.ToByteArray());
        return taker.ExecuteAsync($"""
            insert into test.failed_message (
                failed_message_id, queue, message_id, message_type, body, cause, error_type, error, tries, failures, site_ids, next_try_at)
            values (
                gen_random_uuid(), 'taker.chunk-requested', gen_random_uuid(), 'journeys.events.v1.ChunkRequested', decode('{body}', 'hex'),
                'PASSING', '{typeof(PutOff).FullName}', 'The rest is put off.', 0, 1, array[md5('{site}')::uuid], now() - interval '{age} seconds')
            """);
    }
}
