using Journeys.Protos.Definition.V1;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Options.V1;
using Journeys.Protos.Scheduler.V1;
using Policies = Journeys.Protos.Definition.V1.Journey.Types.PausePolicy.Types;

namespace Journeys.Enrollments.Tests;

/// <summary>A resume with `FREEZE` makes waits longer by the pause: nobody goes on early, and nobody twice.</summary>
public sealed class FrozenWaitTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    static readonly Journey.Types.PausePolicy Freeze = new() { Timers = Policies.Timers.Freeze };
    static readonly string[] Nodes = [Designs.Start, Designs.Wait("rest", "3600s"), Designs.Content("one"), Designs.End];

    readonly TestSite site = service.NewSite();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_wait_goes_on_where_it_stopped_whether_the_job_or_the_timer_comes_first(bool jobComesFirst)
    {
        var journey = await WaitingAsync(minutes: 20);
        await FreezeAsync(journey, minutes: 300);

        if (jobComesFirst)
            Assert.Equal(1, await site.RunJobAsync(Job.Types.Kind.Release, journey));
        await PassAsync(0);
        Assert.Equal(TimeSpan.FromMinutes(40), await LeftAsync(journey));
        Assert.Equal(0, await site.RunJobAsync(Job.Types.Kind.Release, journey));
        Assert.Equal("rest", await PlaceAsync(journey));

        Assert.Equal(0, await PassAsync(39));
        Assert.Equal(1, await PassAsync(1));
        Assert.Equal("one", await PlaceAsync(journey));
    }

    [Fact]
    public async Task Several_pauses_within_one_wait_add_up_whether_each_was_stored_or_not()
    {
        var journey = await WaitingAsync(minutes: 10);
        await FreezeAsync(journey, minutes: 100);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);
        await PassAsync(10);
        await FreezeAsync(journey, minutes: 200);
        await PassAsync(10);
        // Of the half an hour that is left, 20 minutes pass in this one.
        await PauseAsync(journey, minutes: 20, policy: null);
        await FreezeAsync(journey, minutes: 400);

        await PassAsync(0);
        Assert.Equal(0, await PassAsync(9));
        Assert.Equal(1, await PassAsync(1));
        Assert.Equal("one", await PlaceAsync(journey));
    }

    [Fact]
    public async Task A_pause_of_which_the_news_comes_late_counts_once()
    {
        var journey = await WaitingAsync(minutes: 10);
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromMinutes(100));
        var first = site.Resumed(journey, Freeze);
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromMinutes(40));
        await site.ResumeAsync(journey);

        await PassAsync(0);
        Assert.Equal("rest", await PlaceAsync(journey));
        await site.Apply.ResumedAsync(first, CancellationToken.None);
        await site.Apply.ResumedAsync(first, CancellationToken.None);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        Assert.Equal("rest", await PlaceAfterAsync(journey, 9));
        Assert.Equal("one", await PlaceAfterAsync(journey, 1));
    }

    [Fact]
    public async Task Who_came_to_the_wait_during_the_pause_stops_from_then_on()
    {
        var journey = await site.PublishAsync(Designs.Row("", Nodes));
        var paused = site.Move(journey, Journey.Types.Status.Paused).Clone();
        service.Clock.Advance(TimeSpan.FromMinutes(30));
        await site.EnterAsync(journey, "u");
        await site.Apply.PausedAsync(new() { State = paused }, CancellationToken.None);
        service.Clock.Advance(TimeSpan.FromMinutes(90));
        await site.ResumeAsync(journey, Freeze);

        await PassAsync(0);
        Assert.Equal(0, await PassAsync(59));
        Assert.Equal(1, await PassAsync(1));
    }

    [Fact]
    public async Task What_happened_during_the_pause_is_in_time()
    {
        var journey = await site.PublishAsync(Designs.Row(
            "", Designs.Start, """{"id": "offer", "content": {"contentType": "FLOW", "contentId": "offer", "expireAfter": "3600s"}}""",
            Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u");
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromHours(2));
        await site.ReportAsync(journey, "u", "offer");
        service.Clock.Advance(TimeSpan.FromHours(2));

        await site.ResumeAsync(journey, new() { Timers = Policies.Timers.Freeze, Late = Policies.Late.Exit });
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        Assert.Equal("one", await PlaceAsync(journey));
    }

    [Fact]
    public async Task The_late_are_those_whose_wait_did_not_stop()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, DateIn(hours: 1), Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "date");
        var other = await WaitingAsync(minutes: 0);

        await PauseAsync(journey, minutes: 120, new() { Timers = Policies.Timers.Freeze, Late = Policies.Late.Exit });
        await PassAsync(0);

        Assert.Equal("LATE", Assert.Single(await site.EnrollmentsAsync(journey)).StopReason);
        Assert.Equal("one", await PlaceAsync(other));
    }

    [Fact]
    public async Task The_preview_counts_whose_wait_would_be_longer_and_who_would_still_be_late()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("rest", "7200s"), DateIn(hours: 5), Designs.End));
        await site.EnterAsync(journey, "day");
        service.Clock.Advance(TimeSpan.FromHours(1));
        await site.EnterAsync(journey, "over");
        await PassAsync(60);
        await site.EnterAsync(journey, "rest");
        service.Clock.Advance(TimeSpan.FromHours(1));
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromHours(30));

        var ranOn = await site.Enrollments.PreviewResumeAsync(
            new() { JourneyId = journey.ToString(), Policy = new() { Late = Policies.Late.Exit } });
        var stopped = await site.Enrollments.PreviewResumeAsync(
            new()
            {
                JourneyId = journey.ToString(),
                Policy = new() { Timers = Policies.Timers.Freeze, Late = Policies.Late.Exit, ReleasePerSecond = 2 },
            });

        Assert.Equal((3, 0), (ranOn.Ended, ranOn.Extended));
        Assert.Equal((2, 1), (stopped.Ended, stopped.Extended));
        Assert.Equal(TimeSpan.FromSeconds(2), stopped.TakesAbout.ToTimeSpan());
        Assert.Equal([("rest", 2, 1), ("day", 1, 1)], stopped.Nodes.Select(node => (node.NodeId, node.Inside, node.OverdueWeek)));
    }

    [Fact]
    public async Task The_job_stores_longer_waits_part_by_part_and_leaves_the_rest_to_the_next_resume()
    {
        var journey = await site.PublishAsync(Designs.Row("", Nodes));
        foreach (var userId in (string[])["a", "b", "c", "d", "e"])
            await site.EnterAsync(journey, userId);
        await FreezeAsync(journey, minutes: 90);

        var (done, changed, total) = await new JobRunner(site, limit: 2).RunAsync(
            Job.Types.Kind.Release, journey, between: chunk => chunk == 2 ? site.PauseAsync(journey) : Task.CompletedTask);
        Assert.Equal((2, 2, 5), (done, changed, total));

        service.Clock.Advance(TimeSpan.FromMinutes(10));
        await site.ResumeAsync(journey, Freeze);
        (done, changed, _) = await new JobRunner(site, limit: 2).RunAsync(Job.Types.Kind.Release, journey);

        Assert.Equal((5, 5), (done, changed));
        Assert.Equal(0, await PassAsync(59));
        Assert.Equal(5, await PassAsync(1));
    }

    [Fact]
    public async Task An_archived_journey_has_no_waits_to_store()
    {
        var journey = await WaitingAsync(minutes: 10);
        await FreezeAsync(journey, minutes: 90);
        await site.ArchiveAsync(journey);

        Assert.Equal(0, await site.RunJobAsync(Job.Types.Kind.Release, journey));
        Assert.Equal(1, await site.RunJobAsync(Job.Types.Kind.Archive, journey));
    }

    [Fact]
    public async Task A_halt_leaves_longer_waits_as_they_are()
    {
        var journey = await WaitingAsync(minutes: 20);
        await FreezeAsync(journey, minutes: 300);
        await site.HaltAsync();
        Assert.Equal(0, await site.RunJobAsync(Job.Types.Kind.Release, journey));
        await PassAsync(39);
        await site.HaltAsync(halted: false);

        await site.RunJobAsync(Job.Types.Kind.Release, journey);
        Assert.Equal("rest", await PlaceAsync(journey));
        Assert.Equal("one", await PlaceAfterAsync(journey, 1));
    }

    [Fact]
    public async Task A_wait_of_a_version_that_cannot_be_read_goes_on_where_it_stopped_once_it_can()
    {
        var journey = await WaitingAsync(minutes: 20);
        var other = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(other, "u");
        await SetVersionAsync(journey, 99);
        await FreezeAsync(journey, minutes: 300);

        await site.ReportAsync(journey, "u", "rest");
        await site.DoAsync("u", "looked");
        await site.ReportAsync(other, "u", "one");
        await SetVersionAsync(journey, 1);
        await new EnrollmentService.EnrollmentServiceClient(site.As(Access.Types.Role.Admin)).RetrySetAsideAsync(
            new() { JourneyId = journey.ToString(), EnrollmentId = Assert.Single(await site.EnrollmentsAsync(journey)).Id });
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        Assert.Equal("rest", await PlaceAfterAsync(journey, 39));
        Assert.Equal("one", await PlaceAfterAsync(journey, 1));
    }

    [Fact]
    public async Task A_pause_that_comes_again_with_another_end_as_after_a_restore_counts_once()
    {
        var journey = await WaitingAsync(minutes: 10);
        await FreezeAsync(journey, minutes: 100);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        service.Clock.Advance(TimeSpan.FromMinutes(10));
        await site.ResumeAsync(journey, Freeze);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        Assert.Equal(TimeSpan.FromMinutes(50), await LeftAsync(journey));
    }

    [Fact]
    public async Task The_preview_of_a_pause_that_began_under_an_earlier_release_knows_who_waits()
    {
        var journey = await WaitingAsync(minutes: 10);
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromMinutes(300));
        await ExecuteAsync($"update enrollment.journey set paused_at = null where journey_id = '{journey}'");

        var preview = await site.Enrollments.PreviewResumeAsync(
            new() { JourneyId = journey.ToString(), Policy = new() { Timers = Policies.Timers.Freeze, Late = Policies.Late.Exit } });

        Assert.Equal((0, 1), (preview.Ended, preview.Extended));
    }

    Task SetVersionAsync(Guid journey, int version) =>
        ExecuteAsync($"""
            update enrollment.enrollment set version = {version} where journey_id = '{journey}';
            update enrollment.statistic_change set version = {version} where journey_id = '{journey}'
            """);

    async Task ExecuteAsync(string sql)
    {
        await using var command = service.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    string DateIn(int hours) =>
        $$$"""{"id": "day", "wait": {"date": "{{{service.Clock.GetUtcNow().AddHours(hours):yyyy-MM-ddTHH:mm:ssZ}}}"}}""";

    async Task<Guid> WaitingAsync(int minutes)
    {
        var journey = await site.PublishAsync(Designs.Row("", Nodes));
        await site.EnterAsync(journey, "u");
        service.Clock.Advance(TimeSpan.FromMinutes(minutes));
        return journey;
    }

    Task FreezeAsync(Guid journey, int minutes) => PauseAsync(journey, minutes, Freeze);

    async Task PauseAsync(Guid journey, int minutes, Journey.Types.PausePolicy? policy)
    {
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromMinutes(minutes));
        await site.ResumeAsync(journey, policy);
    }

    Task<int> PassAsync(int minutes) => site.PassAsync(TimeSpan.FromMinutes(minutes));

    async Task<string> PlaceAfterAsync(Guid journey, int minutes)
    {
        await PassAsync(minutes);
        return await PlaceAsync(journey);
    }

    async Task<string> PlaceAsync(Guid journey) => Assert.Single(await site.EnrollmentsAsync(journey)).CurrentNodeId;

    async Task<TimeSpan> LeftAsync(Guid journey) =>
        Assert.Single(await site.EnrollmentsAsync(journey)).WakeTime.ToDateTimeOffset() - service.Clock.GetUtcNow();
}
