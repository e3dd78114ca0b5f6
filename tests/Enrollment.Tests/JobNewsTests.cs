using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks.Failures;
using Journeys.Enrollments.Jobs;
using Journeys.Protos.Enrollment.V1;
using Events = Journeys.Protos.Events.V1;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>News travels in no order: a chunk of a job may come before the news that the job follows from. It then waits for it.</summary>
public sealed class JobNewsTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_release_that_overtakes_the_resume_releases_nothing_yet_and_everything_later()
    {
        var journey = await PublishUntilPaidAsync();
        await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u1" } });
        await site.PauseAsync(journey);
        await site.Sdk.RecordEventsAsync(new() { UserId = "u1", Events = { new Event { Id = $"{Guid.NewGuid()}", Name = "paid" } } });
        var resumed = new Events.JourneyResumed { State = site.Move(journey, Status.Published).Clone() };
        var chunk = Chunk(journey, Kind.Release, resumed.State.ChangeNo);

        await Assert.ThrowsAsync<NotYet>(() => RunAsync(chunk));
        await site.Apply.ResumedAsync(resumed, CancellationToken.None);
        await RunAsync(chunk);

        Assert.Equal(Enrollment.Types.Status.Completed, (await site.EnrollmentsAsync(journey)).Single().Status);
    }

    [Fact]
    public async Task An_archiving_that_overtakes_its_news_archives_nobody_yet_and_everybody_later()
    {
        var journey = await PublishUntilPaidAsync();
        await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u1", "u2" } });
        var archived = new Events.JourneyArchived { State = site.Move(journey, Status.Archived).Clone() };
        var chunk = Chunk(journey, Kind.Archive, archived.State.ChangeNo);

        await Assert.ThrowsAsync<NotYet>(() => RunAsync(chunk));
        await site.Apply.ArchivedAsync(archived, CancellationToken.None);
        await RunAsync(chunk);

        Assert.All(await site.EnrollmentsAsync(journey), enrollment => Assert.Equal(Enrollment.Types.Status.Archived, enrollment.Status));
    }

    [Fact]
    public async Task A_sweep_that_overtakes_the_news_of_its_audience_waits_for_the_new_rule()
    {
        await site.Sdk.IdentifyAsync(new() { UserId = "gold", Traits = new() { Fields = { ["plan"] = Value.ForString("gold") } } });
        var audience = await site.AudienceAsync(PlanIs("silver"));
        var journey = await site.PublishAsync(Designs.Row($"\"audienceId\": \"{audience}\", \"autoEnroll\": true,", Designs.Start, Designs.Content("one"), Designs.End));
        var chunk = Chunk(journey, Kind.AudienceSweep, changeNo: 1);
        chunk.Audiences.Add(new Events.ChunkRequested.Types.KnownAudience { AudienceId = $"{audience}", Revision = 2 });

        await Assert.ThrowsAsync<NotYet>(() => RunAsync(chunk));
        await site.AudienceAsync(PlanIs("gold"), audience);
        await RunAsync(chunk);

        Assert.Equal("gold", (await site.EnrollmentsAsync(journey)).Single().UserId);
    }

    Task<Guid> PublishUntilPaidAsync() => site.PublishAsync(Designs.Graph(
        "",
        [Designs.Start, """{"id": "hold", "waitForEvent": {"events": [{"eventName": "paid"}]}}""", Designs.End],
        [("start", "", "hold"), ("hold", "event", "end")]));

    Task RunAsync(Events.ChunkRequested chunk) => service.Get<ProcessChunk>().HandleAsync(chunk, CancellationToken.None);

    Events.ChunkRequested Chunk(Guid journey, Kind kind, int changeNo) => new()
    {
        JobId = $"{Guid.NewGuid()}",
        SiteId = $"{site.Id}",
        JourneyId = $"{journey}",
        Kind = kind,
        ChunkNo = 1,
        Limit = 500,
        ChangeNo = changeNo,
    };

    static string PlanIs(string plan) => $$$"""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "{{{plan}}}"}}""";
}
