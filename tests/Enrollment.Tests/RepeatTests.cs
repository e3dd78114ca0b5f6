using Google.Protobuf;
using Journeys.Protos.Scheduler.V1;
using Events = Journeys.Protos.Events.V1;
using Moved = Journeys.Protos.Definition.V1.Journey.Types.Status;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Any message delivered twice, late or out of order changes nothing.</summary>
public sealed class RepeatTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    static readonly string TwoSteps = Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Wait("rest", "3600s"), Designs.Content("two"), Designs.End);

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task Timers_that_come_twice_or_for_a_visit_that_is_over_move_nobody()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("a", "60s"), Designs.Wait("b", "60s"), Designs.Wait("c", "60s"), Designs.End));
        var enrollment = (await site.EnterAsync(journey, "u1")).Enrollment;
        service.Clock.Advance(TimeSpan.FromSeconds(60));
        var elapsed = new Events.TimersElapsed
        {
            Timers = { Enumerable.Repeat(new Events.Timer { SiteId = site.Id.ToString(), JourneyId = journey.ToString(), EnrollmentId = enrollment.Id, VisitNo = 2 }, 3) },
        };
        elapsed.Timers.Add(new Events.Timer { SiteId = site.Id.ToString(), EnrollmentId = enrollment.Id, VisitNo = 1 });
        elapsed.Timers.Add(new Events.Timer { SiteId = site.Id.ToString(), EnrollmentId = enrollment.Id, VisitNo = 99 });
        elapsed.Timers.Add(new Events.Timer { SiteId = site.Id.ToString(), EnrollmentId = Guid.CreateVersion7().ToString(), VisitNo = 1 });

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => site.TellAllAsync(elapsed)));

        Assert.Equal(["start", "a", "b"], await site.NodesAsync(enrollment));
    }

    [Fact]
    public async Task A_step_that_is_no_longer_current_answers_with_the_present_position()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));
        await site.EnterAsync(journey, "u1");

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => site.ReportAsync(journey, "u1", "one")));

        Assert.Single(answers, answer => answer.Applied);
        Assert.All(answers, answer => Assert.Equal("two", answer.Step.NodeId));
        Assert.Equal(["start", "one", "two"], await site.NodesAsync(Assert.Single(await site.EnrollmentsAsync(journey))));
    }

    [Fact]
    public async Task An_event_with_an_id_that_was_seen_counts_once()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Hold("one", "go"), Designs.Hold("two", "go"), Designs.End));
        await site.EnterAsync(journey, "u1");

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => site.Sdk.RecordEventsAsync(
            new() { UserId = "u1", Events = { new Protos.Enrollment.V1.Event { Id = "e1", Name = "go" } } }).ResponseAsync));

        Assert.Equal((1, 9), (answers.Sum(answer => answer.Accepted), answers.Sum(answer => answer.Duplicates)));
        Assert.Equal("two", Assert.Single(await site.EnrollmentsAsync(journey)).CurrentNodeId);
    }

    [Fact]
    public async Task News_of_a_journey_act_the_same_in_every_order_and_however_often()
    {
        var journey = Guid.CreateVersion7();
        IMessage[] news =
        [
            site.Published(journey, TwoSteps), new Events.JourneyPaused { State = site.Move(journey, Moved.Paused).Clone() },
            new Events.JourneyResumed { State = site.Move(journey, Moved.Published).Clone() }, site.Published(journey, TwoSteps),
            new Events.JourneyPaused { State = site.Move(journey, Moved.Paused).Clone() },
        ];

        foreach (var seed in Enumerable.Range(0, 20))
        {
            var other = service.NewSite();
            var shuffled = news.Concat(news).ToArray();
            new Random(seed).Shuffle(shuffled);
            foreach (var message in shuffled)
                await other.TellAllAsync(other.Own(message));

            var live = (await service.Get<Journeys.JourneyCatalog>().OfAsync(other.Id, CancellationToken.None)).Journeys[journey];
            Assert.Equal(("PAUSED", 2), (live.Status, live.Version));
        }
    }

    [Fact]
    public async Task People_of_an_archived_journey_are_archived_also_when_it_is_published_again_before_the_job_comes_to_them()
    {
        var journey = await site.PublishAsync(TwoSteps);
        foreach (var n in Enumerable.Range(0, 5))
            await site.EnterAsync(journey, $"u{n}");
        await site.ReportAsync(journey, "u0", "one");
        var archived = new Events.JourneyArchived { State = site.Move(journey, Moved.Archived).Clone() };

        // The archiving is heard of last.
        await site.RestoreAsync(journey);
        await site.PublishAsync(TwoSteps, journey);
        await site.EnterAsync(journey, "z");
        await site.TellAllAsync(archived);
        var late = await site.ReportAsync(journey, "u1", "one");
        var woken = await site.PassAsync(TimeSpan.FromHours(1));
        var changed = await site.RunJobAsync(Job.Types.Kind.Archive, journey, limit: 2);

        Assert.Equal((false, false, 0, 5), (late.Applied, late.Held, woken, changed));
        var all = await site.EnrollmentsAsync(journey);
        Assert.All(all.Take(5), enrollment => Assert.Equal((Status.Archived, "JOURNEY_ARCHIVED"), (enrollment.Status, enrollment.StopReason)));
        Assert.Equal((Status.Active, 2), (all[5].Status, all[5].JourneyVersion));
    }

}
