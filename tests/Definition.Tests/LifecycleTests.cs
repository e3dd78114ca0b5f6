using Grpc.Core;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Events.V1;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Definitions.Tests;

public sealed class LifecycleTests(DefinitionUnderTest definition) : IClassFixture<DefinitionUnderTest>
{
    readonly Author author = definition.NewSite();

    [Theory]
    [InlineData(Status.Draft, "publish", Status.Published)]
    [InlineData(Status.Draft, "archive", Status.Archived)]
    [InlineData(Status.Published, "publish", Status.Published)]
    [InlineData(Status.Published, "pause", Status.Paused)]
    [InlineData(Status.Published, "archive", Status.Archived)]
    [InlineData(Status.Paused, "resume", Status.Published)]
    [InlineData(Status.Paused, "publish", Status.Paused)]
    [InlineData(Status.Paused, "archive", Status.Archived)]
    [InlineData(Status.Archived, "restore", Status.Draft)]
    public async Task An_allowed_move_leads_to_its_status(Status from, string move, Status to)
    {
        var journey = await author.JourneyAsync(from);

        var moved = await MoveAsync(journey.Id, move);

        Assert.Equal(to, moved.Status);
        Assert.Equal(moved, await author.GetAsync(journey.Id));
    }

    [Theory]
    [InlineData(Status.Draft, "pause")]
    [InlineData(Status.Draft, "resume")]
    [InlineData(Status.Draft, "restore")]
    [InlineData(Status.Published, "resume")]
    [InlineData(Status.Published, "restore")]
    [InlineData(Status.Published, "delete")]
    [InlineData(Status.Paused, "pause")]
    [InlineData(Status.Paused, "restore")]
    [InlineData(Status.Paused, "delete")]
    [InlineData(Status.Archived, "publish")]
    [InlineData(Status.Archived, "pause")]
    [InlineData(Status.Archived, "resume")]
    [InlineData(Status.Archived, "archive")]
    [InlineData(Status.Archived, "delete")]
    public async Task Any_other_move_fails_and_says_which_move_from_which_status(Status from, string move)
    {
        var journey = await author.JourneyAsync(from);
        var messages = await author.MessagesAsync();

        var refusal = move == "delete"
            ? await Refusal.Of(author.Journeys.DeleteJourneyAsync(new() { Id = journey.Id }))
            : await Refusal.Of(MoveAsync(journey.Id, move));

        Assert.Equal((StatusCode.FailedPrecondition, "ILLEGAL_MOVE"), (refusal.Code, refusal.Reason));
        Assert.Contains($"Cannot {move} a journey that is {from.ToString().ToUpperInvariant()}", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(journey, await author.GetAsync(journey.Id));
        Assert.Equal(messages.Count, (await author.MessagesAsync()).Count);
    }

    [Fact]
    public async Task Each_move_sends_one_message_with_the_next_change_number()
    {
        var journey = await author.JourneyAsync();

        foreach (var move in (string[])["publish", "pause", "publish", "resume", "publish", "archive", "restore", "publish"])
            await MoveAsync(journey.Id, move);

        var messages = (await author.MessagesAsync()).Select(message => (message.Type, State: StateOf(message.Type, message.Body))).ToList();
        Assert.Equal(
            ["JourneyPublished", "JourneyPaused", "JourneyPublished", "JourneyResumed", "JourneyPublished", "JourneyArchived", "JourneyRestored", "JourneyPublished"],
            messages.Select(message => message.Type));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], messages.Select(message => message.State.ChangeNo));
        Assert.Equal([1, 1, 2, 2, 3, 3, 3, 4], messages.Select(message => message.State.Version));
        Assert.Equal(
            [Status.Published, Status.Paused, Status.Paused, Status.Published, Status.Published, Status.Archived, Status.Draft, Status.Published],
            messages.Select(message => message.State.Status));
        Assert.All(messages, message => Assert.Equal(journey.Id, message.State.JourneyId));
    }

    [Fact]
    public async Task A_move_that_cannot_send_its_message_is_not_made()
    {
        var journey = await author.JourneyAsync(Status.Published);
        await using var connection = await definition.Database.OpenConnectionAsync();
        await using (var refuse = connection.CreateCommand())
        {
            refuse.CommandText = $"""
                create function refuse() returns trigger language plpgsql as $$ begin raise exception 'as the test wants it'; end $$;
                create trigger refuse before insert on definition.outbox for each row when (position('{journey.Id}'::bytea in new.body) > 0)
                execute function refuse();
                """;
            await refuse.ExecuteNonQueryAsync();
        }

        var refusal = await Refusal.Of(author.Journeys.PauseJourneyAsync(new() { Id = journey.Id }));

        await using (var allow = connection.CreateCommand())
        {
            allow.CommandText = "drop trigger refuse on definition.outbox";
            await allow.ExecuteNonQueryAsync();
        }

        Assert.Equal(StatusCode.Internal, refusal.Code);
        Assert.Equal(Status.Published, (await author.GetAsync(journey.Id)).Status);
    }

    [Fact]
    public async Task Racing_moves_are_made_once()
    {
        var journey = await author.JourneyAsync(Status.Published);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            try
            {
                await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id });
                return "paused";
            }
            catch (RpcException refusal)
            {
                return refusal.StatusCode.ToString();
            }
        }));

        Assert.Single(outcomes, "paused");
        Assert.Equal(19, outcomes.Count(outcome => outcome == nameof(StatusCode.FailedPrecondition)));
        Assert.Single(await author.MessagesAsync(), message => message.Type == "JourneyPaused");
    }

    [Fact]
    public async Task A_draft_that_was_never_published_can_be_deleted()
    {
        var journey = await author.JourneyAsync();

        await author.Journeys.DeleteJourneyAsync(new() { Id = journey.Id });

        await Refusal.With(StatusCode.NotFound, "JOURNEY_NOT_FOUND", author.Journeys.GetJourneyAsync(new() { Id = journey.Id }));
    }

    [Fact]
    public async Task A_restored_draft_keeps_its_versions_and_cannot_be_deleted()
    {
        var journey = await author.JourneyAsync(Status.Published);
        await MoveAsync(journey.Id, "archive");

        var restored = await MoveAsync(journey.Id, "restore");

        Assert.Equal((Status.Draft, 1), (restored.Status, restored.Version));
        Assert.Equal(journey.Graph, (await author.Journeys.GetVersionAsync(new() { Id = journey.Id, Version = 1 })).Design.Graph);
        await Refusal.With(StatusCode.FailedPrecondition, "ILLEGAL_MOVE", author.Journeys.DeleteJourneyAsync(new() { Id = journey.Id }));
        Assert.Equal(2, (await MoveAsync(journey.Id, "publish")).Version);
    }

    AsyncUnaryCall<Journey> MoveAsync(string id, string move) => move switch
    {
        "publish" => author.Journeys.PublishJourneyAsync(new() { Id = id }),
        "pause" => author.Journeys.PauseJourneyAsync(new() { Id = id }),
        "resume" => author.Journeys.ResumeJourneyAsync(new() { Id = id }),
        "archive" => author.Journeys.ArchiveJourneyAsync(new() { Id = id }),
        _ => author.Journeys.RestoreJourneyAsync(new() { Id = id }),
    };

    // The state is the first field of each of these messages.
    static JourneyState StateOf(string type, byte[] body) =>
        type == "JourneyPublished" ? JourneyPublished.Parser.ParseFrom(body).State : JourneyPaused.Parser.ParseFrom(body).State;
}
