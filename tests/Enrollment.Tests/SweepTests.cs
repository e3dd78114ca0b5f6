using Events = Journeys.Protos.Events.V1;
using Job = Journeys.Protos.Scheduler.V1.Job;
using Moved = Journeys.Protos.Definition.V1.Journey.Types.Status;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>What the Scheduler starts when journeys and audiences change and when time passes, as Enrollment does it.</summary>
public sealed class SweepTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string Pro = """{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""";

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task Who_comes_to_match_an_audience_during_a_pause_is_enrolled_when_the_journey_is_resumed()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        var audience = Guid.CreateVersion7();
        await site.TellAllAsync(site.Audience(audience, 1, Pro));
        var journey = Guid.CreateVersion7();
        await site.TellAllAsync(site.Published(journey, Design(audience)));
        await scheduler.PumpAsync();
        await site.TellAllAsync(new Events.JourneyPaused { State = site.Move(journey, Moved.Paused) });
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        Assert.Empty(await site.EnrollmentsAsync(journey));

        await site.TellAllAsync(new Events.JourneyResumed { State = site.Move(journey, Moved.Published) });
        await scheduler.PumpAsync();

        Assert.Equal("u1", Assert.Single(await site.EnrollmentsAsync(journey)).UserId);
    }

    [Fact]
    public async Task An_edit_of_an_audience_counts_for_live_journeys_for_those_who_come_and_those_who_are_there()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        var audience = Guid.CreateVersion7();
        await site.TellAllAsync(site.Audience(audience, 1, Pro));
        var journey = Guid.CreateVersion7();
        await site.TellAllAsync(site.Published(journey, Design(audience)));
        await site.IdentifyAsync("old", traits: """{"plan": "team"}""");
        await scheduler.PumpAsync();
        Assert.Empty(await site.EnrollmentsAsync(journey));

        await site.TellAllAsync(site.Audience(audience, 2, Pro.Replace("pro", "team")));
        await scheduler.PumpAsync();
        await site.IdentifyAsync("new", traits: """{"plan": "team"}""");
        await site.IdentifyAsync("other", traits: """{"plan": "pro"}""");

        Assert.Equal(["new", "old"], (await site.EnrollmentsAsync(journey)).Select(enrollment => enrollment.UserId));
    }

    [Fact]
    public async Task A_rule_that_depends_on_the_passing_of_time_is_swept_again_and_again_and_others_are_not()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        var (quiet, pro) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await site.TellAllAsync(site.Audience(quiet, 1, """{"not": {"rule": {"event": {"name": "seen", "within": "86400s"}}}}"""));
        await site.TellAllAsync(site.Audience(pro, 1, Pro));
        var (winBack, other) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await site.DoAsync("u1", "seen");
        await site.TellAllAsync(site.Published(winBack, Design(quiet)));
        await site.TellAllAsync(site.Published(other, Design(pro)));
        await scheduler.PumpAsync();
        Assert.Empty(await site.EnrollmentsAsync(winBack));

        service.Clock.Advance(TimeSpan.FromDays(2));
        await scheduler.RunJobsAsync();
        await scheduler.PumpAsync();

        Assert.Equal("u1", Assert.Single(await site.EnrollmentsAsync(winBack)).UserId);
        var jobs = (await scheduler.JobsOf(site).ListJobsAsync(new())).Jobs.Where(job => job.Kind == Job.Types.Kind.AudienceSweep).ToList();
        Assert.Equal((2, 1), (jobs.Count(job => job.JourneyId == winBack.ToString()), jobs.Count(job => job.JourneyId == other.ToString())));
    }

    [Fact]
    public async Task Repeated_news_of_an_audience_end_no_sweep_that_is_under_way()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        var audience = Guid.CreateVersion7();
        var journey = Guid.CreateVersion7();
        await site.TellAllAsync(site.Published(journey, Design(audience)));
        await site.TellAllAsync(site.Audience(audience, 1, Pro));
        await scheduler.PumpAsync();
        await site.TellAllAsync(site.Published(journey, Design(audience)));

        await site.TellAllAsync(site.Audience(audience, 1, Pro));

        var sweeps = (await scheduler.JobsOf(site).ListJobsAsync(new())).Jobs.Where(job => job.Kind == Job.Types.Kind.AudienceSweep).ToList();
        Assert.Equal([Job.Types.Status.Running, Job.Types.Status.Completed, Job.Types.Status.Cancelled], sweeps.Select(job => job.Status).Order());
    }

    [Fact]
    public async Task Old_news_of_an_archiving_take_no_timer()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        var journey = Guid.CreateVersion7();
        var timed = Designs.Row("", Designs.Start, Designs.Wait("rest", "3600s"), Designs.End);
        await site.TellAllAsync(site.Published(journey, timed));
        var archived = new Events.JourneyArchived { State = site.Move(journey, Moved.Archived).Clone() };
        await site.TellAllAsync(archived);
        await site.TellAllAsync(new Events.JourneyRestored { State = site.Move(journey, Moved.Draft).Clone() });
        await site.TellAllAsync(site.Published(journey, timed));
        await scheduler.PumpAsync();
        await site.EnterAsync(journey, "u1");
        await scheduler.PumpAsync();

        await site.TellAllAsync(archived);
        await scheduler.PumpAsync();

        Assert.Equal(1, await scheduler.TimersAsync(site));
        Assert.Equal(Status.Active, Assert.Single(await site.EnrollmentsAsync(journey)).Status);
    }

    static string Design(Guid audience) =>
        Designs.Row($"\"autoEnroll\": true, \"audienceId\": \"{audience}\",", Designs.Start, Designs.Content("one"), Designs.End);
}
