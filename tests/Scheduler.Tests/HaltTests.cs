namespace Journeys.Scheduling.Tests;

/// <summary>Timers of a halted site are set aside as those of paused journeys, and released once it goes on.</summary>
public sealed class HaltTests(SchedulerUnderTest scheduler) : IClassFixture<SchedulerUnderTest>
{
    static readonly DateTimeOffset Due = new(2050, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly DateTimeOffset Now = Due.AddDays(1);

    readonly JourneyNews journey = new(scheduler.Neighbour);

    [Fact]
    public async Task Timers_of_a_halted_site_are_set_aside_and_released_after_the_resume_once_for_each_published_journey()
    {
        var paused = new JourneyNews(scheduler.Neighbour) { SiteId = journey.SiteId };
        await journey.PublishAsync();
        await paused.PublishAsync();
        await paused.PauseAsync();
        await journey.HaltAsync(1, halted: true);
        await journey.TimersAsync(5, Due);
        await paused.TimersAsync(3, Due);

        await SendAsync();
        Assert.Equal((0, 8), (scheduler.Neighbour.ElapsedOf(journey.SiteId).Count, await ParkedAsync()));

        await journey.HaltAsync(2, halted: false);
        await SendAsync();
        await journey.HaltAsync(2, halted: false);

        Assert.Equal((5, 3), (scheduler.Neighbour.ElapsedOf(journey.SiteId).Count, await ParkedAsync()));
        Assert.Equal([journey.JourneyId], await ReleasesAsync());
    }

    [Fact]
    public async Task A_journey_that_is_published_resumed_or_swept_while_the_site_is_halted_rests_until_it_goes_on()
    {
        var audience = Guid.CreateVersion7();
        await journey.PublishAsync(audience);
        await journey.PauseAsync();
        await journey.HaltAsync(1, halted: true);
        await journey.ResumeAsync();
        var published = new JourneyNews(scheduler.Neighbour) { SiteId = journey.SiteId };
        await published.PublishAsync();
        await published.TimersAsync(2, Due);
        var sweeps = await SweepsAsync();

        await SendAsync();
        Assert.Equal((0, 2), (scheduler.Neighbour.ElapsedOf(journey.SiteId).Count, await ParkedAsync()));
        await journey.HaltAsync(2, halted: false);
        await SendAsync();

        Assert.Equal((2, 0), (scheduler.Neighbour.ElapsedOf(journey.SiteId).Count, await ParkedAsync()));
        Assert.Equal(sweeps + 1, await SweepsAsync());
    }

    [Fact]
    public async Task A_resume_lets_those_in_and_releases_what_was_held_also_where_the_halt_was_never_heard_of()
    {
        await journey.PublishAsync(Guid.CreateVersion7());
        var sweeps = await SweepsAsync();

        await journey.HaltAsync(2, halted: false);
        await journey.HaltAsync(1, halted: true);
        await journey.HaltAsync(2, halted: false);

        Assert.Equal([journey.JourneyId], await ReleasesAsync());
        Assert.Equal(sweeps + 1, await SweepsAsync());
    }

    [Fact]
    public async Task Old_news_of_a_halt_changes_nothing()
    {
        await journey.PublishAsync();
        await journey.HaltAsync(2, halted: false);
        await journey.HaltAsync(1, halted: true);
        await journey.TimersAsync(2, Due);

        await SendAsync();

        Assert.Equal((2, 0), (scheduler.Neighbour.ElapsedOf(journey.SiteId).Count, await ParkedAsync()));
    }

    async Task SendAsync()
    {
        await scheduler.Get<SendDueTimers>().SendAsync(Now, CancellationToken.None);
        await scheduler.Get<ReleaseTimers>().ReleaseAsync(Now, CancellationToken.None);
    }

    async Task<int> ParkedAsync() => (int)await scheduler.ScalarAsync<long>("select count(*) from scheduler.parked_timer where site_id = $1", journey.SiteId);

    async Task<int> SweepsAsync() =>
        (int)await scheduler.ScalarAsync<long>("select count(*) from scheduler.job where kind = 'AUDIENCE_SWEEP' and site_id = $1", journey.SiteId);

    async Task<Guid[]> ReleasesAsync() =>
        await scheduler.ScalarAsync<Guid[]>("select array_agg(journey_id) from scheduler.job where kind = 'RELEASE' and site_id = $1", journey.SiteId);
}
