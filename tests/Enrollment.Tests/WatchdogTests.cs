using System.Diagnostics.Metrics;
using Dapper;
using Google.Protobuf.WellKnownTypes;
using Journeys.Enrollments.Repair;
using Journeys.Protos.Enrollment.V1;
using Journeys.Testing;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>Nobody gets stuck: what the machinery lost track of is put back, once, and counted.</summary>
public sealed class WatchdogTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_wake_up_that_was_lost_is_made_up_for_once_it_is_a_minute_late()
    {
        var journey = await WaitingAsync(3);
        await LoseTimersAsync();

        service.Clock.Advance(TimeSpan.FromSeconds(60 + 59));
        Assert.Equal(0, await RunAsync());
        service.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(3, await RunAsync());
        Assert.Equal(0, await RunAsync());

        Assert.All(await site.EnrollmentsAsync(journey), enrollment => Assert.Equal(Enrollment.Types.Status.Completed, enrollment.Status));
        foreach (var enrollment in await site.EnrollmentsAsync(journey))
            Assert.Equal(["start", "rest", "end"], await site.NodesAsync(enrollment));
    }

    [Fact]
    public async Task Every_repair_is_counted_in_the_metric_and_at_the_Scheduler()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        var before = await RepairedAsync();
        using var counted = new CountedMetric(service.Get<IMeterFactory>(), "journeys.wakeups.repaired");
        await WaitingAsync(2);
        await LoseTimersAsync();
        service.Clock.Advance(TimeSpan.FromMinutes(3));

        await RunAsync();
        await scheduler.PumpAsync();

        Assert.Equal(2, counted.Total);
        Assert.Equal(before + 2, await RepairedAsync());
    }

    [Fact]
    public async Task A_healthy_run_leaves_nothing_to_repair()
    {
        await WaitingAsync(3);
        await site.PassAsync(TimeSpan.FromMinutes(1));
        service.Clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal(0, await RunAsync());
    }

    [Fact]
    public async Task An_enrollment_whose_person_is_gone_takes_nobodys_place()
    {
        var reported = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(reported, "u0");
        await site.PauseAsync(reported);
        await site.ReportAsync(reported, "u0", "one");
        await site.ResumeAsync(reported);
        var journey = await WaitingAsync(2);
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync("delete from enrollment.profile where site_id = @Id", new { site.Id });
        var left = (await site.EnterAsync(journey, "left")).Enrollment;
        service.Clock.Advance(TimeSpan.FromMinutes(3));

        var lost = await service.Get<RepairQueries>().ListLostAsync([], 500, CancellationToken.None);

        Assert.Equal([left.Id], lost.Where(row => row.SiteId == site.Id).Select(row => row.EnrollmentId.ToString()));
        Assert.Equal(1, await RunAsync());
    }

    [Fact]
    public async Task A_pause_is_left_alone_and_so_is_the_first_hour_after_it()
    {
        var journey = await WaitingAsync(2);
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromHours(5));
        Assert.Equal(0, await RunAsync());

        await site.ResumeAsync(journey);
        service.Clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(0, await RunAsync());
        service.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(2, await RunAsync());
    }

    [Fact]
    public async Task A_wake_up_lost_after_a_resume_waits_only_while_something_is_still_being_released()
    {
        var journey = await WaitingAsync(2);
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromHours(5));
        await site.ResumeAsync(journey);
        await LoseTimersAsync();

        service.Clock.Advance(TimeSpan.FromSeconds(90));
        service.Desk.Work[$"{journey}"] = new() { JourneyId = $"{journey}", Releases = true };
        Assert.Equal(0, await RunAsync());
        service.Desk.Work[$"{journey}"] = new() { JourneyId = $"{journey}", Parked = true };
        Assert.Equal(0, await RunAsync());
        service.Desk.Work[$"{journey}"] = new() { JourneyId = $"{journey}", ReleaseTime = service.Clock.GetUtcNow().AddSeconds(-30).ToTimestamp() };
        Assert.Equal(0, await RunAsync());
        service.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(2, await RunAsync());
    }

    [Fact]
    public async Task A_release_at_a_low_rate_may_take_days_and_the_Scheduler_may_be_away_meanwhile()
    {
        var journey = await WaitingAsync(2);
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromHours(5));
        await site.ResumeAsync(journey);
        await LoseTimersAsync();
        service.Clock.Advance(TimeSpan.FromDays(3));

        service.Desk.Work[$"{journey}"] = new() { JourneyId = $"{journey}", Parked = true, ReleaseTime = service.Clock.GetUtcNow().AddSeconds(-5).ToTimestamp() };
        Assert.Equal(0, await RunAsync());
        service.Clock.Advance(TimeSpan.FromMinutes(10));
        // Just back, it has not released again.
        Assert.Equal(0, await RunAsync());
        service.Desk.Work.TryRemove($"{journey}", out _);
        Assert.Equal(0, await RunAsync());
        service.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(2, await RunAsync());
    }

    [Fact]
    public async Task A_Scheduler_that_takes_calls_and_never_answers_is_waited_for_once()
    {
        foreach (var one in (TestSite[])[site, service.NewSite(), service.NewSite()])
        {
            var journey = await one.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
            await one.PauseAsync(journey);
            await one.ResumeAsync(journey);
        }

        service.Desk.Silence = (true, 0);
        await service.Get<Watchdog>().RunOnceAsync(CancellationToken.None);
        var (_, taken) = service.Desk.Silence;
        service.Desk.Silence = default;

        Assert.Equal(1, taken);
    }

    [Fact]
    public async Task What_was_held_and_never_applied_is_applied_in_order()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));
        await site.Sdk.EnrollAsync(new() { JourneyId = journey.ToString(), UserId = "u1" });
        await site.PauseAsync(journey);
        foreach (var nodeId in (string[])["one", "two"])
            await site.Sdk.ReportProgressAsync(new() { JourneyId = journey.ToString(), UserId = "u1", NodeId = nodeId });
        await site.ResumeAsync(journey);
        service.Clock.Advance(TimeSpan.FromMinutes(61));

        Assert.Equal(1, await RunAsync());
        Assert.Equal(0, await RunAsync());

        var enrollment = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal(["start", "one", "two", "end"], await site.NodesAsync(enrollment));
    }

    [Fact]
    public async Task More_than_one_batch_is_repaired_without_a_rest()
    {
        await WaitingAsync(700);
        await LoseTimersAsync();
        service.Clock.Advance(TimeSpan.FromMinutes(3));

        Assert.Equal(TimeSpan.Zero, await service.Get<Watchdog>().RunOnceAsync(CancellationToken.None));
        Assert.NotEqual(TimeSpan.Zero, await service.Get<Watchdog>().RunOnceAsync(CancellationToken.None));

        Assert.Equal(700, (await RepairsAsync()).Sum());
    }

    async Task<Guid> WaitingAsync(int count)
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("rest", "60s"), Designs.End));
        await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { Enumerable.Range(0, count).Select(n => $"u{n}") } });
        return journey;
    }

    // Behind everybody's back, and counts begin anew.
    async Task LoseTimersAsync()
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        service.MessagesLeave = true;
        await connection.ExecuteAsync("delete from enrollment.outbox where message_type like '%TimersRequested' or message_type like '%WakeUpsRepaired'");
    }

    async Task<int> RunAsync()
    {
        var before = (await RepairsAsync()).Sum();
        await service.Get<Watchdog>().RunOnceAsync(CancellationToken.None);
        return (await RepairsAsync()).Sum() - before;
    }

    async Task<IEnumerable<int>> RepairsAsync() => (await site.SentAsync<Events.WakeUpsRepaired>()).Select(message => message.Count);

    async Task<int> RepairedAsync()
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>("select coalesce(sum(count), 0) from scheduler.repair");
    }
}
