using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Scheduler.V1;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Goals are recorded when they are reached, and what people answered and finished can be asked for.</summary>
public sealed class GoalTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string Paid = """{"event": {"name": "paid"}}""";
    const string Check = """{"id": "check", "goalCheck": {}}""";

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_goal_is_recorded_once_when_it_is_reached_and_the_journey_goes_on()
    {
        var journey = await PublishAsync($$"""{"rule": {{Paid}}}""");
        await site.EnterAsync(journey, "u1");
        service.Clock.Advance(TimeSpan.FromMinutes(5));

        await site.DoAsync("u1", "paid");
        var reached = await OnlyAsync(journey);
        service.Clock.Advance(TimeSpan.FromMinutes(5));
        await site.DoAsync("u1", "paid");

        Assert.Equal((service.Clock.GetUtcNow() - TimeSpan.FromMinutes(5), Status.Active), (reached.GoalTime.ToDateTimeOffset(), reached.Status));
        Assert.Equal(reached, await OnlyAsync(journey));
    }

    [Fact]
    public async Task A_goal_after_its_deadline_is_not_recorded()
    {
        var journey = await PublishAsync($$"""{"rule": {{Paid}}, "deadline": "3600s"}""");
        await site.EnterAsync(journey, "u1");
        await site.EnterAsync(journey, "u2");

        service.Clock.Advance(TimeSpan.FromHours(1));
        await site.DoAsync("u1", "paid");
        service.Clock.Advance(TimeSpan.FromSeconds(1));
        await site.DoAsync("u2", "paid");

        Assert.Equal(["u1"], (await site.EnrollmentsAsync(journey)).Where(e => e.GoalTime is not null).Select(e => e.UserId));
    }

    [Fact]
    public async Task What_happened_in_time_during_a_pause_reaches_the_goal_though_the_journey_is_resumed_later()
    {
        var journey = await PublishAsync($$"""{"rule": {{Paid}}, "deadline": "3600s"}""");
        await site.EnterAsync(journey, "u1");
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromMinutes(30));
        await site.DoAsync("u1", "paid");
        var paidAt = service.Clock.GetUtcNow();
        service.Clock.Advance(TimeSpan.FromHours(5));

        await site.ResumeAsync(journey);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        Assert.Equal(paidAt, (await OnlyAsync(journey)).GoalTime?.ToDateTimeOffset());
    }

    [Theory]
    [InlineData("""{"event": {"name": "paid"}}""")]
    [InlineData("""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""")]
    [InlineData("""{"content": {"contentId": "flow_one", "outcome": "COMPLETED"}}""")]
    [InlineData("""{"condition": {"field": "journey.one.rating", "operator": "GTE", "value": 9}}""")]
    public async Task A_goal_may_end_the_journey_whatever_it_is_reached_by(string rule)
    {
        var journey = await PublishAsync($$"""{"rule": {{rule}}, "exitOnGoal": true}""");
        await site.EnterAsync(journey, "u1");

        await site.DoAsync("u1", "paid");
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await site.ReportAsync(journey, "u1", "one", data: """{"rating": 9}""");

        var enrollment = await OnlyAsync(journey);
        Assert.Equal((Status.Completed, "goal"), (enrollment.Status, enrollment.Outcome));
        Assert.NotNull(enrollment.GoalTime);
    }

    [Fact]
    public async Task A_goal_that_is_another_journeys_content_is_reached_when_that_is_finished()
    {
        var journey = await PublishAsync("""{"rule": {"content": {"contentId": "flow_tour"}}}""");
        var tour = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("tour"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.EnterAsync(tour, "u1");

        await site.ReportAsync(tour, "u1", "tour");

        Assert.NotNull((await OnlyAsync(journey)).GoalTime);
    }

    [Fact]
    public async Task A_goal_by_way_of_an_audience_is_reached_by_what_happened_during_a_pause()
    {
        var payers = await site.AudienceAsync(Paid);
        var journey = await PublishAsync($$$$"""{"rule": {"audience": {"audienceId": "{{{{payers}}}}"}}}""");
        await site.EnterAsync(journey, "u1");
        await site.PauseAsync(journey);
        await site.DoAsync("u1", "paid");

        await site.ResumeAsync(journey);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        Assert.NotNull((await OnlyAsync(journey)).GoalTime);
    }

    [Theory]
    [InlineData(false, "yes")]
    [InlineData(true, "goal")]
    public async Task A_goal_check_of_somebody_who_has_reached_the_goal_already_succeeds_or_ends_the_journey(bool exitOnGoal, string outcome)
    {
        var journey = await site.PublishAsync(Designs.Graph(
            $"\"goal\": {{\"rule\": {Paid}, \"exitOnGoal\": {(exitOnGoal ? "true" : "false")}}},",
            [Designs.Start, Check, Designs.Content("one"), """{"id": "yes", "exit": {"outcome": "yes"}}""", """{"id": "no", "exit": {"outcome": "no"}}"""],
            [("start", "", "check"), ("check", "success", "one"), ("one", "", "yes"), ("check", "fallback", "no")]));
        await site.DoAsync("u1", "paid");

        await site.EnterAsync(journey, "u1");
        await site.EnterAsync(journey, "u2");
        await site.ReportAsync(journey, "u1", "one");

        var all = await site.EnrollmentsAsync(journey);
        Assert.Equal([(outcome, true), ("no", false)], all.Select(e => (e.Outcome, e.GoalTime is not null)));
    }

    [Fact]
    public async Task A_goal_check_may_have_a_rule_of_its_own()
    {
        var journey = await site.PublishAsync(Designs.Graph(
            $"\"goal\": {{\"rule\": {Paid}}},",
            [Designs.Start, Check.Replace("{}", """{"rule": {"event": {"name": "looked"}}}"""), """{"id": "yes", "exit": {"outcome": "yes"}}""", """{"id": "no", "exit": {"outcome": "no"}}"""],
            [("start", "", "check"), ("check", "success", "yes"), ("check", "fallback", "no")]));
        await site.DoAsync("u1", "looked");

        await site.EnterAsync(journey, "u1");

        var enrollment = await OnlyAsync(journey);
        Assert.Equal(("yes", null), (enrollment.Outcome, enrollment.GoalTime));
    }

    [Theory]
    [InlineData("""{"condition": {"field": "journey.one.rating", "operator": "GT", "value": 8}}""")]
    [InlineData("""{"condition": {"field": "journey.one.outcome", "operator": "EQ", "value": "COMPLETED"}}""")]
    [InlineData("""{"condition": {"field": "journey.half.variant", "operator": "IN", "value": ["a", "b"]}}""")]
    [InlineData("""{"content": {"contentId": "flow_one", "outcome": "COMPLETED"}}""")]
    [InlineData("""{"group": {"operator": "AND", "rules": [{"content": {"contentId": "flow_one"}}, {"not": {"rule": {"content": {"contentId": "flow_one", "outcome": "SKIPPED"}}}}]}}""")]
    public async Task The_very_next_condition_knows_what_was_just_answered_finished_and_drawn(string rule)
    {
        foreach (var pauses in (bool[])[false, true])
        {
            var journey = await site.PublishAsync(Designs.Graph(
                "",
                [
                    Designs.Start, """{"id": "half", "split": {"variants": [{"name": "a", "percent": 50}, {"name": "b", "percent": 50}]}}""",
                    Designs.Content("one"), Designs.Content("two"), $$$"""{"id": "if", "condition": {"branches": [{"name": "yes", "rule": {{{rule}}}}]}}""",
                    """{"id": "yes", "exit": {"outcome": "yes"}}""", """{"id": "no", "exit": {"outcome": "no"}}""",
                ],
                [
                    ("start", "", "half"), ("half", "a", "one"), ("half", "b", "one"), ("one", "", "two"), ("two", "", "if"), ("if", "yes", "yes"), ("if", "else", "no"),
                ]));
            await site.EnterAsync(journey, "u1");
            if (pauses)
                await site.PauseAsync(journey);

            await site.ReportAsync(journey, "u1", "one", data: """{"rating": 9}""");
            await site.ReportAsync(journey, "u1", "two");
            if (pauses)
                await site.ResumeAsync(journey);
            await site.RunJobAsync(Job.Types.Kind.Release, journey);

            Assert.Equal("yes", (await OnlyAsync(journey)).Outcome);
        }
    }

    Task<Guid> PublishAsync(string goal) =>
        site.PublishAsync(Designs.Row($"\"goal\": {goal},", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));

    async Task<Enrollment> OnlyAsync(Guid journey) => Assert.Single(await site.EnrollmentsAsync(journey));
}
