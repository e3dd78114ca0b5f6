using Journeys.Protos.Scheduler.V1;
using Events = Journeys.Protos.Events.V1;
using Proto = Journeys.Protos.Enrollment.V1;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>A wait for the date of a trait follows the trait: authors mean the date that is true, not the one that was known on entry.</summary>
public sealed class DateWaitTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    static readonly string Reminder = Designs.Row(
        "", Designs.Start, """{"id": "w", "wait": {"traitDate": {"trait": "ends", "offset": "-3600s"}}}""", Designs.Content("reminded"), Designs.End);

    readonly TestSite site = service.NewSite();

    DateTimeOffset Now => service.Clock.GetUtcNow();

    [Fact]
    public async Task A_date_that_moves_later_moves_the_wait_its_timer_and_the_history()
    {
        var began = Now;
        var journey = await EnterAsync(began.AddHours(2));

        await SetAsync(began.AddDays(10));
        var early = await site.PassAsync(TimeSpan.FromHours(1));
        var waiting = Assert.Single(await site.EnrollmentsAsync(journey));
        var moved = await site.PassAsync(TimeSpan.FromDays(10) - TimeSpan.FromHours(2));

        var after = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal((0, "w", 1, "reminded"), (early, waiting.CurrentNodeId, moved, after.CurrentNodeId));
        Assert.Equal(
            $"{Words(began)}: traits.ends moved: the wait ends {Words(began.AddDays(10).AddHours(-1))} instead of {Words(began.AddHours(1))}",
            Assert.Single((await VisitsAsync(after))[1].Notes));
        // On entry, when the date moved, and once more when the timer of the first date came too early.
        var dues = (await site.SentAsync<Events.TimersRequested>()).SelectMany(message => message.Timers).Where(timer => timer.EnrollmentId == after.Id);
        Assert.Equal(
            [began.AddHours(1), began.AddDays(10).AddHours(-1), began.AddDays(10).AddHours(-1)], dues.Select(timer => timer.DueTime.ToDateTimeOffset()));
    }

    [Fact]
    public async Task A_date_that_moves_earlier_ends_the_wait_earlier()
    {
        var journey = await EnterAsync(Now.AddDays(10));

        await SetAsync(Now.AddHours(3));
        var before = await site.PassAsync(TimeSpan.FromHours(2) - TimeSpan.FromSeconds(1));
        var moved = await site.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal((0, 1, "reminded"), (before, moved, Assert.Single(await site.EnrollmentsAsync(journey)).CurrentNodeId));
    }

    [Fact]
    public async Task A_date_that_moves_into_the_past_ends_the_wait_at_once_and_the_next_visit_says_why()
    {
        var journey = await EnterAsync(Now.AddDays(10));

        var answer = await SetAsync(Now.AddDays(-1));

        var after = Assert.Single(await site.EnrollmentsAsync(journey));
        var visit = (await VisitsAsync(after))[2];
        Assert.Equal("reminded", answer.Journeys.Single().Step.NodeId);
        Assert.Equal(("trait:ends", "traits.ends moved to a date whose time had passed already"), (visit.Cause, visit.Detail));
    }

    [Theory]
    [InlineData("null", "traits.ends is missing, so the last known date applies.")]
    [InlineData("\"soon\"", "traits.ends is \"soon\", which is not an RFC 3339 date, so the last known date applies.")]
    public async Task Without_a_date_the_last_one_counts_and_it_is_told(string value, string told)
    {
        var journey = await EnterAsync(Now.AddHours(2));

        await site.IdentifyAsync("u1", traits: $$"""{"ends": {{value}}}""");
        var why = await site.Enrollments.ExplainUserAsync(new() { JourneyId = journey.ToString(), UserId = "u1" });
        var moved = await site.PassAsync(TimeSpan.FromHours(1));

        Assert.Contains(told, why.Summary);
        Assert.Equal(1, moved);
    }

    [Fact]
    public async Task Who_has_no_date_on_arrival_does_not_wait_and_the_history_says_why()
    {
        var journey = await site.PublishAsync(Reminder);
        await site.IdentifyAsync("u1", traits: """{"ends": "tomorrow"}""");

        var entered = (await site.EnterAsync(journey, "u1")).Enrollment;

        Assert.Equal("reminded", entered.CurrentNodeId);
        Assert.Equal(
            "traits.ends is \"tomorrow\", which is not an RFC 3339 date, so there was no time to wait for", (await VisitsAsync(entered))[2].Detail);
    }

    [Fact]
    public async Task Every_date_of_rfc_3339_holds_the_person()
    {
        var journey = await site.PublishAsync(Reminder);
        string[] dates =
        [
            "2031-12-25T10:00:00.1234567Z", "2031-12-25T10:00:00.123456789Z", "2031-12-25t10:00:00z", "2031-12-25T10:00:00+18:00", "9999-12-31T23:59:59Z",
            "9999-12-31",
        ];
        foreach (var (date, n) in dates.Select((date, n) => (date, n)))
        {
            await site.IdentifyAsync($"dated{n}", traits: $$"""{"ends": "{{date}}"}""");
            Assert.Equal((date, "w"), (date, (await site.EnterAsync(journey, $"dated{n}")).Enrollment.CurrentNodeId));
        }
    }

    [Fact]
    public async Task A_wait_that_has_ended_is_not_touched_though_its_timer_is_still_on_its_way()
    {
        var journey = await EnterAsync(Now.AddHours(2));
        service.Clock.Advance(TimeSpan.FromHours(1));

        await SetAsync(Now.AddDays(10));

        var after = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal(("reminded", 3), (after.CurrentNodeId, (await VisitsAsync(after)).Count));
    }

    [Fact]
    public async Task Changes_during_a_pause_are_applied_in_order_on_resume()
    {
        var ends = Now.AddHours(3);
        var journey = await EnterAsync(ends);
        var before = Assert.Single(await site.EnrollmentsAsync(journey));
        await site.PauseAsync(journey);

        // Later, and later again before that: it still waits. The same once more is no news.
        await SetAsync(ends.AddHours(2));
        await SetAsync(ends.AddHours(2));
        service.Clock.Advance(TimeSpan.FromHours(3));
        await SetAsync(ends.AddHours(20));
        var meanwhile = Assert.Single(await site.EnrollmentsAsync(journey));
        var held = (await site.Enrollments.GetEnrollmentAsync(new() { JourneyId = journey.ToString(), EnrollmentId = before.Id })).Waiting.HeldSignals;
        service.Clock.Advance(TimeSpan.FromHours(10));
        await site.ResumeAsync(journey);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        var after = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal((before, 2), (meanwhile, held));
        Assert.Equal(("w", ends.AddHours(19)), (after.CurrentNodeId, after.WakeTime.ToDateTimeOffset()));
        Assert.Equal(2, (await VisitsAsync(after))[1].Notes.Count);
    }

    [Fact]
    public async Task A_change_during_a_pause_that_came_after_the_wait_had_ended_comes_too_late()
    {
        var ends = Now.AddHours(3);
        var journey = await EnterAsync(ends);
        await site.PauseAsync(journey);
        await SetAsync(ends.AddHours(2));
        service.Clock.Advance(TimeSpan.FromHours(5));
        await SetAsync(ends.AddDays(20));
        await site.ResumeAsync(journey);

        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        Assert.Equal("reminded", Assert.Single(await site.EnrollmentsAsync(journey)).CurrentNodeId);
    }

    [Fact]
    public async Task A_visitors_wait_follows_the_users_date_from_the_sign_in_on()
    {
        var journey = await site.PublishAsync(Reminder.Replace("\"name\"", "\"allowAnonymous\": true, \"name\"", StringComparison.Ordinal));
        await site.IdentifyAsync("u1", traits: Ends(Now.AddDays(30)));
        await site.Sdk.IdentifyAsync(new() { AnonymousId = "visitor1", Traits = new() { Fields = { ["ends"] = new() { StringValue = Text(Now.AddDays(2)) } } } });
        await site.EnterAsync(journey, "visitor1");

        await site.IdentifyAsync("u1", "visitor1");

        Assert.Equal(Now.AddDays(30).AddHours(-1), Assert.Single(await site.EnrollmentsAsync(journey)).WakeTime.ToDateTimeOffset());
    }

    [Fact]
    public async Task A_visit_keeps_its_last_ten_moves()
    {
        var journey = await EnterAsync(Now.AddDays(1));
        foreach (var day in Enumerable.Range(2, 14))
            await SetAsync(Now.AddDays(day));

        var notes = (await VisitsAsync(Assert.Single(await site.EnrollmentsAsync(journey))))[1].Notes;

        Assert.Equal(10, notes.Count);
        Assert.Contains($"the wait ends {Words(Now.AddDays(15).AddHours(-1))}", notes[9]);
    }

    async Task<Guid> EnterAsync(DateTimeOffset ends)
    {
        var journey = await site.PublishAsync(Reminder);
        await SetAsync(ends);
        Assert.Equal((Status.Active, "w"), (await site.EnterAsync(journey, "u1")).Enrollment is var entered ? (entered.Status, entered.CurrentNodeId) : default);
        return journey;
    }

    async Task<Proto.IdentifyResponse> SetAsync(DateTimeOffset ends) => await site.IdentifyAsync("u1", traits: Ends(ends));

    async Task<IReadOnlyList<Proto.Visit>> VisitsAsync(Proto.Enrollment enrollment) =>
        (await site.Enrollments.ListVisitsAsync(new() { JourneyId = enrollment.JourneyId, EnrollmentId = enrollment.Id, PageSize = 200 })).Visits;

    static string Words(DateTimeOffset time) => Engine.RuleText.Describe(time);

    static string Ends(DateTimeOffset ends) => $$"""{"ends": "{{Text(ends)}}"}""";

    static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
