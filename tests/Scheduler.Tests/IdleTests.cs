using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Testing;
using Microsoft.Extensions.Logging;

namespace Journeys.Scheduling.Tests;

/// <summary>While there is nothing to do the chores rest for seconds, and what happens wakes them.</summary>
public sealed class IdleTests(SchedulerUnderTest scheduler) : IClassFixture<SchedulerUnderTest>, IAsyncLifetime
{
    static readonly DateTimeOffset Due = DateTimeOffset.UtcNow.AddMinutes(-1);

    public Task InitializeAsync() => scheduler.ExecuteAsync("delete from scheduler.timer; delete from scheduler.parked_timer; delete from scheduler.job");

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task With_nothing_to_do_they_rest_for_seconds()
    {
        foreach (var chore in (IChore[])[scheduler.Get<SendDueTimers>(), scheduler.Get<SendChunks>(), scheduler.Get<ReleaseTimers>(), scheduler.Get<OutboxRelay>()])
            Assert.InRange(await chore.RunOnceAsync(CancellationToken.None), TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task With_something_left_to_release_they_do_not()
    {
        await ParkAndResumeAsync(new JourneyNews(scheduler.Neighbour), 250);
        var releasing = scheduler.Get<ReleaseTimers>();

        Assert.InRange(await releasing.RunOnceAsync(CancellationToken.None), TimeSpan.Zero, TimeSpan.FromMilliseconds(250));
        // At once there is nothing that may go yet, but more that will.
        Assert.InRange(await releasing.RunOnceAsync(CancellationToken.None), TimeSpan.Zero, TimeSpan.FromMilliseconds(250));
    }

    [Fact]
    public Task A_timer_that_is_requested_wakes_who_sends_it() => WakesAsync<SendDueTimers>(journey => journey.TimersAsync(1, Due));

    [Fact]
    public Task A_resume_wakes_who_releases() => WakesAsync<ReleaseTimers>(journey => ParkAndResumeAsync(journey, 1));

    // By a clock that stands still, a rest has no other end. Twice, since the first time may come before the first rest.
    async Task WakesAsync<TChore>(Func<JourneyNews, Task> act)
        where TChore : IChore
    {
        using var loop = new Loop<TChore>(
            scheduler.Get<TChore>(), scheduler.Get<Wake<TChore>>(), scheduler.Clock, scheduler.Get<ILogger<TChore>>(), lanes: 1);
        await loop.StartAsync(CancellationToken.None);
        for (var time = 0; time < 2; time++)
        {
            var journey = new JourneyNews(scheduler.Neighbour);
            await act(journey);
            await Eventually.True(() => Task.FromResult(scheduler.Neighbour.ElapsedOf(journey.SiteId).Count == 1), "the timer sent");
        }

        await loop.StopAsync(CancellationToken.None);
    }

    async Task ParkAndResumeAsync(JourneyNews journey, int count)
    {
        await journey.PublishAsync();
        await journey.PauseAsync();
        await journey.TimersAsync(count, Due.AddHours(-1));
        await scheduler.Get<SendDueTimers>().SendAsync(now: null, CancellationToken.None);
        await journey.ResumeAsync();
    }
}
