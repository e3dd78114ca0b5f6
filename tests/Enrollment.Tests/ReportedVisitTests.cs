using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Scheduler.V1;
using Outcome = Journeys.Protos.Enrollment.V1.ReportProgressRequest.Types.Outcome;

namespace Journeys.Enrollments.Tests;

/// <summary>A retry of a report is always safe, also where the journey led back to the node meanwhile.</summary>
public sealed class ReportedVisitTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_late_retry_that_names_its_visit_changes_nothing_and_answers_with_the_present_one()
    {
        var journey = await LoopAsync();
        var shown = (await site.EnterAsync(journey, "u1")).Step;

        var first = await ReportAsync(journey, shown.VisitNo);
        service.Clock.Advance(TimeSpan.FromHours(1));
        var retry = await ReportAsync(journey, shown.VisitNo);
        var next = await ReportAsync(journey, first.Step.VisitNo);

        Assert.Equal((2, true, 3), (shown.VisitNo, first.Applied, first.Step.VisitNo));
        Assert.Equal((false, first.Step), (retry.Applied, retry.Step));
        Assert.Equal((true, 4), (next.Applied, next.Step.VisitNo));
    }

    [Fact]
    public async Task Racing_retries_move_the_visit_once()
    {
        var journey = await LoopAsync();
        var shown = (await site.EnterAsync(journey, "u1")).Step;

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ReportAsync(journey, shown.VisitNo)));

        Assert.Single(answers, answer => answer.Applied);
        Assert.Equal(["start", "tip", "tip"], await site.NodesAsync(answers[0].Enrollment));
    }

    [Fact]
    public async Task A_visit_that_is_yet_to_come_cannot_be_reported()
    {
        var journey = await LoopAsync();
        var shown = (await site.EnterAsync(journey, "u1")).Step;

        Assert.False((await ReportAsync(journey, shown.VisitNo + 1)).Applied);
    }

    [Fact]
    public async Task Without_a_visit_the_same_report_right_after_it_led_back_is_taken_for_a_retry()
    {
        var journey = await LoopAsync();
        await site.EnterAsync(journey, "u1");

        var first = await ReportAsync(journey, data: """{"rating": 9, "why": ["a"]}""");
        var retry = await ReportAsync(journey, data: """{"why": ["a"], "rating": 9}""");
        var other = await ReportAsync(journey, data: """{"rating": 3}""");
        service.Clock.Advance(TimeSpan.FromSeconds(11));
        var later = await ReportAsync(journey, data: """{"rating": 3}""");

        Assert.Equal([true, false, true, true], [first.Applied, retry.Applied, other.Applied, later.Applied]);
    }

    [Fact]
    public async Task Without_a_visit_whoever_comes_back_another_way_reports_as_before()
    {
        var journey = await site.PublishAsync(Designs.Graph(
            "", [Designs.Start, Designs.Content("tip"), Designs.Hold("hold", "go"), Designs.End],
            [("start", "", "tip"), ("tip", "", "hold"), ("tip", "skipped", "end"), ("hold", "event", "tip")]));
        await site.EnterAsync(journey, "u1");
        await ReportAsync(journey);
        await site.DoAsync("u1", "go");

        Assert.True((await ReportAsync(journey)).Applied);
    }

    [Fact]
    public async Task What_is_held_keeps_its_visit_and_one_of_a_visit_that_is_over_is_not_held()
    {
        var journey = await LoopAsync();
        var shown = (await site.EnterAsync(journey, "u1")).Step;
        var moved = await ReportAsync(journey, shown.VisitNo);
        await site.PauseAsync(journey);

        var stale = await ReportAsync(journey, shown.VisitNo);
        var held = await ReportAsync(journey, moved.Step.VisitNo);
        await site.ResumeAsync(journey);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);
        var retry = await ReportAsync(journey, moved.Step.VisitNo);

        Assert.Equal((false, true), (stale.Held, held.Held));
        Assert.Equal((false, 4), (retry.Applied, retry.Step.VisitNo));
    }

    [Fact]
    public async Task A_retry_of_an_earlier_attempts_report_changes_nothing()
    {
        var journey = await site.PublishAsync(Designs.Graph(
            "\"reEnrollment\": \"ALWAYS\",", [Designs.Start, Designs.Content("tip"), Designs.End], [("start", "", "tip"), ("tip", "", "end")]));
        var first = await site.EnterAsync(journey, "u1");
        Assert.True((await ReportAsync(journey, first.Step.VisitNo, enrollmentId: first.Enrollment.Id)).Applied);
        var second = await site.EnterAsync(journey, "u1");
        Assert.Equal((2, first.Step.VisitNo), (second.Enrollment.Attempt, second.Step.VisitNo));

        var retry = await ReportAsync(journey, first.Step.VisitNo, enrollmentId: first.Enrollment.Id);
        var real = await ReportAsync(journey, second.Step.VisitNo, enrollmentId: second.Enrollment.Id);

        Assert.Equal((false, true), (retry.Applied, real.Applied));
    }

    [Fact]
    public async Task During_a_pause_a_report_of_another_visit_hides_no_other()
    {
        var journey = await LoopAsync();
        var shown = (await site.EnterAsync(journey, "u1")).Step;
        await site.PauseAsync(journey);

        Assert.True((await ReportAsync(journey, shown.VisitNo + 3)).Held);
        Assert.True((await ReportAsync(journey, shown.VisitNo)).Held);
        Assert.True((await ReportAsync(journey, shown.VisitNo)).Held);
        await site.ResumeAsync(journey);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        var next = await ReportAsync(journey, shown.VisitNo + 1);
        Assert.Equal((true, shown.VisitNo + 2), (next.Applied, next.Step.VisitNo));
    }

    Task<Guid> LoopAsync() => site.PublishAsync(Designs.Graph(
        "", [Designs.Start, Designs.Content("tip"), Designs.End], [("start", "", "tip"), ("tip", "", "tip"), ("tip", "skipped", "end")]));

    async Task<ReportProgressResponse> ReportAsync(Guid journey, int visitNo = 0, string data = "{}", string enrollmentId = "") => await site.Sdk.ReportProgressAsync(new()
    {
        JourneyId = journey.ToString(),
        UserId = "u1",
        NodeId = "tip",
        Outcome = Outcome.Completed,
        Data = Google.Protobuf.JsonParser.Default.Parse<Google.Protobuf.WellKnownTypes.Struct>(data),
        VisitNo = visitNo,
        EnrollmentId = enrollmentId,
    });
}
