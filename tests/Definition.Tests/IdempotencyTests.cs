using Grpc.Core;
using Journeys.Definitions.Changes;
using Journeys.Definitions.Journeys;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Events.V1;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Definitions.Tests;

/// <summary>A move that is repeated under its request id is made once, and an id stands for one request.</summary>
public sealed class IdempotencyTests(DefinitionUnderTest definition) : IClassFixture<DefinitionUnderTest>
{
    readonly Author author = definition.NewSite();

    [Fact]
    public async Task A_repeated_publication_is_one_version()
    {
        var journey = await author.JourneyAsync();
        var request = new PublishJourneyRequest { Id = journey.Id, RequestId = "r1" };

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => author.Journeys.PublishJourneyAsync(request).ResponseAsync));

        Assert.All(answers, answer => Assert.Equal((1, Status.Published), (answer.Version, answer.Status)));
        Assert.Single(await author.MessagesAsync());
    }

    [Fact]
    public async Task A_repeated_move_is_made_once_also_after_another_one()
    {
        var journey = await author.JourneyAsync(Status.Published);
        var pause = new PauseJourneyRequest { Id = journey.Id, RequestId = "pause" };
        var resume = new ResumeJourneyRequest { Id = journey.Id, RequestId = "resume" };
        var archive = new ArchiveJourneyRequest { Id = journey.Id, RequestId = "archive" };
        var restore = new RestoreJourneyRequest { Id = journey.Id, RequestId = "restore" };

        await author.Journeys.PauseJourneyAsync(pause);
        Assert.Equal(Status.Paused, (await author.Journeys.PauseJourneyAsync(pause)).Status);
        await author.Journeys.ResumeJourneyAsync(resume);
        // The pause that arrives late once more must not undo what somebody decided since.
        Assert.Equal(Status.Published, (await author.Journeys.PauseJourneyAsync(pause)).Status);
        Assert.Equal(Status.Published, (await author.Journeys.ResumeJourneyAsync(resume)).Status);
        await author.Journeys.ArchiveJourneyAsync(archive);
        Assert.Equal(Status.Archived, (await author.Journeys.ArchiveJourneyAsync(archive)).Status);
        await author.Journeys.RestoreJourneyAsync(restore);
        Assert.Equal(Status.Draft, (await author.Journeys.RestoreJourneyAsync(restore)).Status);

        Assert.Equal(
            ["JourneyPublished", "JourneyPaused", "JourneyResumed", "JourneyArchived", "JourneyRestored"],
            (await author.MessagesAsync()).Select(message => message.Type));
    }

    // Enrollment takes whatever comes under a number for that change, and the one that is told later under the same number for old.
    [Fact]
    public async Task What_is_told_again_for_a_repeat_is_the_newest_move_by_its_own_name()
    {
        var journey = await author.JourneyAsync();
        var publish = new PublishJourneyRequest { Id = journey.Id, RequestId = "publish" };
        await author.Journeys.PublishJourneyAsync(publish);
        await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id });
        await author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id });

        var repeated = await author.Journeys.PublishJourneyAsync(publish);

        Assert.Equal((Status.Published, false), (repeated.Status, repeated.AppliedEverywhere));
        var row = await definition.Get<JourneyStore>().FindAsync(author.SiteId, Guid.Parse(journey.Id), CancellationToken.None);
        var told = Assert.IsType<JourneyResumed>(await definition.Get<ChangeMessages>().NewestOfAsync(row!, CancellationToken.None));
        Assert.Equal(3, told.State.ChangeNo);
    }

    [Fact]
    public async Task A_refused_call_leaves_its_request_id_free()
    {
        var journey = await author.JourneyAsync();
        var pause = new PauseJourneyRequest { Id = journey.Id, RequestId = "r1" };
        await Refusal.With(StatusCode.FailedPrecondition, "ILLEGAL_MOVE", author.Journeys.PauseJourneyAsync(pause));

        await author.Journeys.PublishJourneyAsync(new() { Id = journey.Id });

        Assert.Equal(Status.Paused, (await author.Journeys.PauseJourneyAsync(pause)).Status);
    }

    [Fact]
    public async Task Another_request_under_a_used_id_is_refused_and_changes_nothing()
    {
        var design = Designs.Simple("One");
        design.RequestId = "r1";
        await author.Journeys.CreateJourneyAsync(design);
        var other = design.Clone();
        other.Name = "Two";

        await Refusal.With(StatusCode.AlreadyExists, "REQUEST_ID_REUSED", author.Journeys.CreateJourneyAsync(other));

        Assert.Equal(1, (await author.Journeys.ListJourneysAsync(new())).TotalSize);
    }

    [Fact]
    public async Task A_copy_is_answered_again_when_its_origin_is_gone()
    {
        var journey = await author.JourneyAsync();
        var clone = new CloneJourneyRequest { Id = journey.Id, RequestId = "r1" };
        var first = await author.Journeys.CloneJourneyAsync(clone);

        await author.Journeys.DeleteJourneyAsync(new() { Id = journey.Id });

        Assert.Equal(first, await author.Journeys.CloneJourneyAsync(clone));
    }
}
