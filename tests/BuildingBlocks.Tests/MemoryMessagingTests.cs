using Journeys.BuildingBlocks.Outboxes;
using Journeys.Protos.Events.V1;
using Journeys.Testing;

namespace Journeys.BuildingBlocks.Tests;

public sealed class MemoryMessagingTests
{
    readonly string broker = $"memory://{Guid.NewGuid():N}";

    [Fact]
    public async Task Services_of_one_process_exchange_messages()
    {
        await using var sender = await Postman.StartAsync(await Postman.DatabaseAsync(), broker, "sender");
        await using var first = await Postman.StartAsync(await Postman.DatabaseAsync(), broker, "first", typeof(ChunkRequestedConsumer), typeof(JourneyLifeConsumer));
        await using var second = await Postman.StartAsync(await Postman.DatabaseAsync(), broker, "second", typeof(JourneyLifeConsumer));

        await sender.SendAsync(new ChunkRequested { JobId = "7" }, new JourneyResumed { State = new() { JourneyId = "j" } });

        await Eventually.True(async () => await sender.WaitingAsync() == 0, "the outbox to be empty");
        Assert.Equal(["7", "resumed j"], first.Inbox.Seen.Order());
        Assert.Equal(["resumed j"], second.Inbox.Seen);
    }

    [Fact]
    public async Task A_message_waits_for_a_service_that_has_not_started()
    {
        await using var sender = await Postman.StartAsync(await Postman.DatabaseAsync(), broker, "sender");
        await using var late = Postman.Build(await Postman.DatabaseAsync(), broker, "late", typeof(ChunkRequestedConsumer));
        await sender.SendAsync(new ChunkRequested { JobId = "7" });

        await late.StartAsync();

        await Eventually.True(() => Task.FromResult(late.Inbox.Seen.Count > 0), "the late service to get it");
        await Eventually.True(async () => await sender.WaitingAsync() == 0, "the outbox to be empty");
    }

    [Fact]
    public async Task A_message_leaves_the_outbox_only_when_it_was_handled_or_is_kept()
    {
        await using var sender = await Postman.StartAsync(await Postman.DatabaseAsync(), broker, "sender");
        await using var taker = await Postman.StartAsync(await Postman.DatabaseAsync(), broker, "taker", typeof(ChunkRequestedConsumer));
        var tries = 0;
        // Longer than the tries within one delivery.
        taker.Inbox.Behave = _ => ++tries <= 5 ? throw new InvalidOperationException("as the test wants it") : Task.CompletedTask;

        await sender.SendAsync(new ChunkRequested { JobId = "7" });

        await Eventually.True(() => Task.FromResult(taker.Inbox.Seen.Count == 1), "it to be handled in the end");
        await Eventually.True(async () => await sender.WaitingAsync() == 0, "the outbox to be empty");
        await Eventually.True(async () => await taker.KeptAsync() == 0, "nothing to be kept");
        Assert.Equal(6, tries);
    }

    [Fact]
    public async Task While_one_service_is_away_the_others_handle_a_message_once()
    {
        await using var sender = await Postman.StartAsync(await Postman.DatabaseAsync(), broker, "sender");
        await using var here = await Postman.StartAsync(await Postman.DatabaseAsync(), broker, "here", typeof(JourneyLifeConsumer));
        await using var away = Postman.Build(await Postman.DatabaseAsync(), broker, "away", typeof(JourneyLifeConsumer));

        await sender.SendAsync(new JourneyResumed { State = new() { JourneyId = "j" } });
        await Eventually.True(() => Task.FromResult(here.Inbox.Seen.Count == 1), "the one that runs to handle it");
        Assert.Equal(1, await sender.WaitingAsync());
        await away.StartAsync();

        await Eventually.True(async () => await sender.WaitingAsync() == 0, "the outbox to be empty");
        Assert.Equal(["resumed j"], away.Inbox.Seen);
        Assert.Equal(["resumed j"], here.Inbox.Seen);
    }

    [Fact]
    public async Task A_message_that_nobody_needs_to_hear_does_not_stay_and_any_other_does()
    {
        await using var sender = await Postman.StartAsync(await Postman.DatabaseAsync(), broker, "sender");

        await sender.SendAsync(new EnrollmentStarted(), new ChunkRequested { JobId = "7" });

        await Eventually.True(async () => await sender.WaitingAsync() == 1, "one to be left");
        await Assert.ThrowsAsync<Undeliverable>(
            () => sender.Publisher.PublishAsync(new ChunkRequested(), Guid.CreateVersion7(), CancellationToken.None));
    }
}
