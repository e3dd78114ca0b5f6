using Google.Protobuf.WellKnownTypes;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Scheduler.V1;
using Events = Journeys.Protos.Events.V1;
using Policies = Journeys.Protos.Definition.V1.Journey.Types.PausePolicy.Types;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Whoever's wait ended during a pause goes on as the resume says.</summary>
public sealed class LatePeopleTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    static readonly string[] Nodes = [Designs.Start, Designs.Wait("rest", "3600s"), Designs.Content("one"), Designs.Wait("more", "3600s"), Designs.Content("two"), Designs.End];

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task Content_is_passed_over_for_the_late_and_shown_to_everybody_else()
    {
        var journey = await PausedAsync();

        await site.ResumeAsync(journey, Policy(Policies.Late.Skip, hours: 1));
        await site.PassAsync(TimeSpan.Zero);
        Assert.Equal([("late", "more"), ("less", "one"), ("not", "rest")], await PlacesAsync(journey));

        // Nobody is late any more.
        await site.PassAsync(TimeSpan.FromHours(1));
        Assert.Equal([("late", "two"), ("less", "one"), ("not", "one")], await PlacesAsync(journey));
    }

    [Fact]
    public async Task The_late_are_let_out_with_a_reason_and_a_fact()
    {
        var journey = await PausedAsync();

        await site.ResumeAsync(journey, Policy(Policies.Late.Exit));
        await site.PassAsync(TimeSpan.Zero);

        var late = (await site.EnrollmentsAsync(journey)).Where(enrollment => enrollment.Status == Status.Stopped).ToList();
        Assert.Equal([("late", "LATE", "rest"), ("less", "LATE", "rest")], late.Select(one => (one.UserId, one.StopReason, one.CurrentNodeId)));
        var told = (await site.SentAsync<Events.EnrollmentStopped>()).Where(message => message.SiteId == site.Id.ToString()).SelectMany(message => message.Enrollments);
        Assert.Equal(["LATE", "LATE"], told.Select(fact => fact.StopReason));
    }

    [Fact]
    public async Task Without_a_policy_everybody_catches_up_also_after_a_resume_that_had_one()
    {
        var journey = await PausedAsync();
        await site.ResumeAsync(journey, Policy(Policies.Late.Exit));
        await site.PauseAsync(journey);

        await site.ResumeAsync(journey);
        await site.PassAsync(TimeSpan.Zero);

        Assert.Equal([("late", "one"), ("less", "one"), ("not", "rest")], await PlacesAsync(journey));
    }

    [Fact]
    public async Task A_halt_of_the_site_keeps_the_late_as_late_as_they_are()
    {
        var journey = await PausedAsync();
        await site.ResumeAsync(journey, Policy(Policies.Late.Skip, hours: 1));

        await site.HaltAsync();
        await site.PassAsync(TimeSpan.FromHours(2));
        await site.HaltAsync(halted: false);
        await site.PassAsync(TimeSpan.Zero);

        // The wait of the third ended during the halt, after the resume.
        Assert.Equal([("late", "more"), ("less", "one"), ("not", "one")], await PlacesAsync(journey));
    }

    [Fact]
    public async Task What_was_reported_during_the_pause_after_the_wait_had_ended_comes_too_late()
    {
        var journey = await site.PublishAsync(Designs.Row(
            "", Designs.Start, """{"id": "offer", "content": {"contentType": "FLOW", "contentId": "offer", "expireAfter": "3600s"}}""", Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "late");
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromHours(2));
        await site.ReportAsync(journey, "late", "offer");

        await site.ResumeAsync(journey, Policy(Policies.Late.Exit));
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        var left = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal((Status.Stopped, "LATE", "offer"), (left.Status, left.StopReason, left.CurrentNodeId));
    }

    [Fact]
    public async Task The_newest_resume_decides_in_whatever_order_the_news_comes()
    {
        var journey = await PausedAsync();
        var older = site.Resumed(journey, Policy(Policies.Late.Exit));
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromMinutes(1));
        var newer = site.Resumed(journey, Policy(Policies.Late.Skip, hours: 1));
        var published = site.Published(journey, Designs.Row("", Nodes));

        await site.Apply.PublishedAsync(published, CancellationToken.None);
        await site.Apply.ResumedAsync(newer, CancellationToken.None);
        await site.Apply.ResumedAsync(older, CancellationToken.None);
        await site.PassAsync(TimeSpan.Zero);

        Assert.Equal([("late", "more"), ("less", "one"), ("not", "rest")], await PlacesAsync(journey));
    }

    // Two whose hour ended during the pause, two hours ago and half an hour ago, and one whose hour is not over.
    async Task<Guid> PausedAsync()
    {
        var journey = await site.PublishAsync(Designs.Row("", Nodes));
        await site.EnterAsync(journey, "late");
        service.Clock.Advance(TimeSpan.FromMinutes(90));
        await site.EnterAsync(journey, "less");
        service.Clock.Advance(TimeSpan.FromMinutes(60));
        await site.EnterAsync(journey, "not");
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromMinutes(30));
        return journey;
    }

    async Task<IEnumerable<(string, string)>> PlacesAsync(Guid journey) =>
        (await site.EnrollmentsAsync(journey)).Select(enrollment => (enrollment.UserId, enrollment.CurrentNodeId));

    static Journey.Types.PausePolicy Policy(Policies.Late late, int hours = 0) => new() { Late = late, LateAfter = TimeSpan.FromHours(hours).ToDuration() };
}
