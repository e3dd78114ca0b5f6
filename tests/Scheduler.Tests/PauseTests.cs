using Grpc.Core;
using Journeys.Protos.Events.V1;
using Journeys.Protos.Options.V1;
using Timer = Journeys.Protos.Events.V1.Timer;

namespace Journeys.Scheduling.Tests;

public sealed class PauseTests(SchedulerUnderTest scheduler) : IClassFixture<SchedulerUnderTest>
{
    static readonly DateTimeOffset Due = new(2050, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly DateTimeOffset Now = Due.AddDays(1);

    readonly JourneyNews journey = new(scheduler.Neighbour);

    SendDueTimers Sending => scheduler.Get<SendDueTimers>();

    ReleaseTimers Releasing => scheduler.Get<ReleaseTimers>();

    [Fact]
    public async Task Timers_of_a_paused_journey_are_set_aside_when_they_fall_due_and_others_go_on()
    {
        var other = new JourneyNews(scheduler.Neighbour);
        await journey.PublishAsync();
        await journey.PauseAsync();
        await journey.TimersAsync(30, Due);
        await other.TimersAsync(3, Due);

        await Sending.SendAsync(Now, CancellationToken.None);

        Assert.Empty(Elapsed());
        Assert.Equal(3, scheduler.Neighbour.ElapsedOf(other.SiteId).Count);
        Assert.Equal((0, 30), (await WaitingAsync(), await ParkedAsync()));
    }

    [Fact]
    public async Task They_are_released_after_the_resume_oldest_first_and_so_many_a_second()
    {
        await journey.PublishAsync();
        await journey.PauseAsync();
        var timers = await journey.TimersAsync(250, Due);
        await Sending.SendAsync(Now, CancellationToken.None);

        await Releasing.ReleaseAsync(Now, CancellationToken.None);
        Assert.Empty(Elapsed());

        await journey.ResumeAsync();
        await Releasing.ReleaseAsync(Now, CancellationToken.None);
        Assert.Equal(timers.Take(100), Elapsed());
        await Releasing.ReleaseAsync(Now, CancellationToken.None);
        Assert.Equal(100, Elapsed().Count);
        await Releasing.ReleaseAsync(Now.AddMilliseconds(200), CancellationToken.None);
        Assert.Equal(timers.Take(120), Elapsed());
        await Releasing.ReleaseAsync(Now.AddMinutes(1), CancellationToken.None);
        Assert.Equal(timers.Take(220), Elapsed());
        await Releasing.ReleaseAsync(Now.AddMinutes(2), CancellationToken.None);
        Assert.Equal(timers, Elapsed());
        Assert.Equal(0, await ParkedAsync());
    }

    [Fact]
    public async Task The_newest_resume_says_how_many_are_released_a_second()
    {
        await journey.PublishAsync();
        await journey.PauseAsync();
        await journey.TimersAsync(250, Due);
        await Sending.SendAsync(Now, CancellationToken.None);
        var older = journey.Resumed(7);
        await journey.PauseAsync();

        await journey.ResumeAsync(30);
        // A publication, and the news of an earlier resume, leave it.
        await journey.PublishAsync();
        await scheduler.Neighbour.PublishAsync(older);
        Assert.Equal((250, 30, 9), await LeftAsync());
        await Releasing.ReleaseAsync(Now, CancellationToken.None);
        Assert.Equal(30, Elapsed().Count);
        Assert.Equal((220, 30, 8), await LeftAsync());
        await Releasing.ReleaseAsync(Now.AddMilliseconds(500), CancellationToken.None);
        Assert.Equal(45, Elapsed().Count);
        await journey.PauseAsync();
        Assert.Equal((205, 30, null), await LeftAsync());
        await journey.ResumeAsync();
        await Releasing.ReleaseAsync(Now.AddMinutes(1), CancellationToken.None);
        Assert.Equal(145, Elapsed().Count);
        Assert.Equal((105, 100, 2), await LeftAsync());

        async Task<(int, int, long?)> LeftAsync()
        {
            var left = await scheduler.As(journey.SiteId, Access.Types.Role.Service).ReleaseAsync(journey.JourneyId);
            return (left.PeopleLeft, left.PeoplePerSecond, left.TakesAbout?.Seconds);
        }
    }

    [Theory]
    [InlineData(1, 9, 11)]
    [InlineData(7, 70, 78)]
    [InlineData(33, 330, 363)]
    public async Task A_low_rate_is_reached_and_not_exceeded(int rate, int least, int most)
    {
        await journey.PublishAsync();
        await journey.PauseAsync();
        await journey.TimersAsync(500, Due.AddHours(-1));
        await Sending.SendAsync(Now, CancellationToken.None);
        await journey.ResumeAsync(rate);

        for (var quarters = 0; quarters <= 40; quarters++)
            await Releasing.ReleaseAsync(Now.AddMilliseconds(quarters * 250), CancellationToken.None);

        Assert.InRange(Elapsed().Count, least, most);
    }

    [Fact]
    public async Task Nothing_is_known_of_the_release_of_a_strange_journey()
    {
        await journey.PublishAsync();

        var refused = await Assert.ThrowsAsync<RpcException>(() => scheduler.As(Guid.CreateVersion7(), Access.Types.Role.Service).ReleaseAsync(journey.JourneyId));

        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
    }

    [Fact]
    public async Task Replicas_keep_to_the_rate_together()
    {
        await journey.PublishAsync();
        await journey.PauseAsync();
        await journey.TimersAsync(250, Due);
        await Sending.SendAsync(Now, CancellationToken.None);
        await journey.ResumeAsync();
        var replicas = Enumerable.Range(0, 4).Select(_ => scheduler.OfReplica<ReleaseTimers>(new() { ReleasePerSecond = 100 })).ToList();

        await Task.WhenAll(replicas.Select(replica => replica.ReleaseAsync(Now, CancellationToken.None)));

        Assert.Equal(100, Elapsed().Count);
    }

    [Fact]
    public async Task What_is_not_released_yet_stays_when_the_journey_is_paused_again()
    {
        await journey.PublishAsync();
        await journey.PauseAsync();
        await journey.TimersAsync(150, Due);
        await Sending.SendAsync(Now, CancellationToken.None);
        await journey.ResumeAsync();
        await Releasing.ReleaseAsync(Now, CancellationToken.None);

        await journey.PauseAsync();
        await Releasing.ReleaseAsync(Now.AddMinutes(1), CancellationToken.None);
        Assert.Equal((100, 50), (Elapsed().Count, await ParkedAsync()));

        await journey.ResumeAsync();
        await Releasing.ReleaseAsync(Now.AddMinutes(2), CancellationToken.None);
        Assert.Equal((150, 0), (Elapsed().Count, await ParkedAsync()));
    }

    [Fact]
    public async Task A_release_that_crashes_sends_again()
    {
        await journey.PublishAsync();
        await journey.PauseAsync();
        await journey.TimersAsync(10, Due);
        await Sending.SendAsync(Now, CancellationToken.None);
        await journey.ResumeAsync();
        // The Scheduler stops while the timers are being taken over.
        using var stop = new CancellationTokenSource();
        scheduler.Neighbour.OnElapsed = stop.CancelAsync;

        await Assert.ThrowsAnyAsync<Exception>(() => Releasing.ReleaseAsync(Now, stop.Token));
        scheduler.Neighbour.OnElapsed = () => Task.CompletedTask;
        scheduler.Neighbour.Elapsed.Clear();
        await Releasing.ReleaseAsync(Now, CancellationToken.None);

        Assert.Equal(10, Elapsed().Count);
    }

    [Fact]
    public async Task A_cancelled_timer_is_not_released()
    {
        await journey.PublishAsync();
        await journey.PauseAsync();
        var timers = await journey.TimersAsync(2, Due);
        await Sending.SendAsync(Now, CancellationToken.None);

        await scheduler.Neighbour.PublishAsync(new TimersCancelled { Timers = { timers[0] } });
        await journey.ResumeAsync();
        await Releasing.ReleaseAsync(Now, CancellationToken.None);

        Assert.Equal(timers[1], Assert.Single(Elapsed()));
    }

    [Fact]
    public async Task Timers_of_an_archived_journey_go_and_those_of_others_stay()
    {
        var other = new JourneyNews(scheduler.Neighbour);
        await journey.PublishAsync();
        await journey.PauseAsync();
        await journey.TimersAsync(6_000, Due);
        await other.TimersAsync(1, Due.AddYears(10));
        for (var n = 0; n < 3; n++)
            await Sending.SendAsync(Due.AddSeconds(2_500), CancellationToken.None);
        Assert.True(await ParkedAsync() > 2_000);

        await journey.ArchiveAsync();

        Assert.Equal((0, 0), (await WaitingAsync(), await ParkedAsync()));
        Assert.Equal(1, await scheduler.ScalarAsync<long>("select count(*) from scheduler.timer where journey_id = $1", other.JourneyId));
    }

    [Fact]
    public async Task Old_news_of_an_archiving_leave_the_timers_of_those_who_came_after_the_restore()
    {
        await journey.PublishAsync();
        var archived = journey.Archived();
        await scheduler.Neighbour.PublishAsync(archived);
        await journey.RestoreAsync();
        await journey.PublishAsync();
        await journey.TimersAsync(2, Due);

        await scheduler.Neighbour.PublishAsync(archived);

        Assert.Equal(2, await WaitingAsync());
    }

    [Fact]
    public async Task The_lag_tells_a_site_what_is_late_due_waiting_and_set_aside_of_its_own()
    {
        await scheduler.ExecuteAsync("delete from scheduler.timer; delete from scheduler.parked_timer");
        var now = new DateTimeOffset(await scheduler.ScalarAsync<DateTime>("select now()"));
        var client = scheduler.As(journey.SiteId);
        var before = await client.LagAsync();
        await journey.PublishAsync();
        await journey.PauseAsync();
        await journey.TimersAsync(4, now.AddMinutes(-10));
        await Sending.SendAsync(now: null, CancellationToken.None);
        var other = new JourneyNews(scheduler.Neighbour);
        await other.TimersAsync(2, now.AddSeconds(-90));
        await other.TimersAsync(3, now.AddHours(1));

        var lag = await client.LagAsync();
        var lagOfOther = await scheduler.As(other.SiteId).LagAsync();

        Assert.Equal((0.0, 0, 0, 0), (before.LagSeconds, before.Due, before.Pending, before.Parked));
        Assert.Equal((0.0, 0, 0, 4), (lag.LagSeconds, lag.Due, lag.Pending, lag.Parked));
        Assert.Equal((2, 3, 0), (lagOfOther.Due, lagOfOther.Pending, lagOfOther.Parked));
        Assert.InRange(lagOfOther.LagSeconds, 90, 150);
        await Sending.SendAsync(now: null, CancellationToken.None);
        Assert.Equal((0.0, 0), ((await scheduler.As(other.SiteId).LagAsync()).LagSeconds, (await scheduler.As(other.SiteId).LagAsync()).Due));
    }

    [Fact]
    public async Task Repairs_are_counted_for_operators()
    {
        await scheduler.ExecuteAsync("delete from scheduler.repair");

        await scheduler.Neighbour.PublishAsync(new WakeUpsRepaired { Count = 7, Time = new() });

        Assert.Equal(7, await scheduler.ScalarAsync<long>("select sum(count) from scheduler.repair"));
    }

    IReadOnlyList<Timer> Elapsed() => scheduler.Neighbour.ElapsedOf(journey.SiteId);

    async Task<int> WaitingAsync() => (int)await scheduler.ScalarAsync<long>("select count(*) from scheduler.timer where site_id = $1", journey.SiteId);

    async Task<int> ParkedAsync() => (int)await scheduler.ScalarAsync<long>("select count(*) from scheduler.parked_timer where site_id = $1", journey.SiteId);
}
