using Google.Rpc;
using Grpc.Core;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Scheduler.V1;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>People leave early by exit rules, whatever they hold by, and are shown nothing more.</summary>
public sealed class ExitRuleTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string Bought = """{"name": "Bought", "event": {"eventName": "bought"}, "outcome": "bought"}""";
    const string Left = """{"name": "Left us", "rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "none"}}}""";

    readonly TestSite site = service.NewSite();

    [Theory]
    [InlineData("""{"event": {"eventName": "paid"}}""")]
    [InlineData("""{"rule": {"event": {"name": "paid"}}}""")]
    [InlineData("""{"rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}}""")]
    [InlineData("""{"rule": {"content": {"contentId": "flow_one", "outcome": "COMPLETED"}}}""")]
    [InlineData("""{"rule": {"condition": {"field": "journey.one.rating", "operator": "GTE", "value": 9}}}""")]
    public async Task An_exit_rule_ends_the_journey_whatever_it_holds_by(string when)
    {
        var journey = await PublishAsync(Named(when));
        await site.EnterAsync(journey, "u1");

        await site.DoAsync("u1", "paid");
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await site.ReportAsync(journey, "u1", "one", data: """{"rating": 9}""");

        var enrollment = await OnlyAsync(journey);
        Assert.Equal((Status.Stopped, "EXIT_RULE", "Early", "one"), (enrollment.Status, enrollment.StopReason, enrollment.Outcome, enrollment.CurrentNodeId));
        Assert.Contains("exit:Early (", Assert.Single((await VisitsAsync(enrollment))[^1].Notes), StringComparison.Ordinal);
        await StoredState.CheckAsync(service, site.Id);
    }

    [Fact]
    public async Task With_an_outcome_it_completes_the_journey_and_counts_as_a_completion()
    {
        var journey = await PublishAsync(Bought);
        await site.EnterAsync(journey, "u1");

        await site.DoAsync("u1", "bought");

        var enrollment = await OnlyAsync(journey);
        Assert.Equal((Status.Completed, "bought", ""), (enrollment.Status, enrollment.Outcome, enrollment.StopReason));
        var totals = (await site.Enrollments.GetAnalyticsAsync(new() { JourneyId = journey.ToString() })).Totals;
        Assert.Equal((0, 1), (totals.Active, totals.Completed));
        await StoredState.CheckAsync(service, site.Id);
    }

    [Fact]
    public async Task The_event_that_lets_somebody_go_does_not_move_them_on()
    {
        var journey = await site.PublishAsync(Designs.Row(Exits(Bought), Designs.Start, Designs.Hold("hold", "bought"), Designs.Content("thanks"), Designs.End));
        await site.EnterAsync(journey, "u1");

        await site.DoAsync("u1", "bought");

        Assert.Equal(["start", "hold"], await site.NodesAsync(await OnlyAsync(journey)));
    }

    [Fact]
    public async Task What_came_to_hold_during_a_wait_is_noticed_before_its_timer_acts()
    {
        var month = """{"name": "Old", "rule": {"not": {"rule": {"event": {"name": "came", "within": "3600s"}}}}}""";
        await site.DoAsync("u1", "came");
        var journey = await site.PublishAsync(Designs.Row(Exits(month), Designs.Start, Designs.Wait("rest", "7200s"), Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u1");

        await site.PassAsync(TimeSpan.FromHours(2));

        var enrollment = await OnlyAsync(journey);
        Assert.Equal(("EXIT_RULE", "rest"), (enrollment.StopReason, enrollment.CurrentNodeId));
    }

    [Theory]
    [InlineData("bought", "bought")]
    [InlineData("plan", "Left us")]
    public async Task What_happened_during_a_pause_lets_people_go_on_resume_and_not_before(string what, string outcome)
    {
        var journey = await PublishAsync($"{Bought}, {Left}");
        await site.EnterAsync(journey, "u1");
        await site.PauseAsync(journey);

        if (what == "bought")
            await site.DoAsync("u1", "bought");
        else
            await site.IdentifyAsync("u1", traits: """{"plan": "none"}""");
        var meanwhile = await OnlyAsync(journey);
        await site.ResumeAsync(journey);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        Assert.Equal(Status.Active, meanwhile.Status);
        Assert.Equal(outcome, (await OnlyAsync(journey)).Outcome);
        await StoredState.CheckAsync(service, site.Id);
    }

    [Fact]
    public async Task Content_of_another_journey_that_is_finished_lets_people_go()
    {
        var journey = await PublishAsync("""{"name": "Knows it", "rule": {"content": {"contentId": "flow_tour"}}}""");
        var tour = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("tour"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.EnterAsync(tour, "u1");

        await site.ReportAsync(tour, "u1", "tour");

        Assert.Equal("Knows it", (await OnlyAsync(journey)).Outcome);
    }

    [Fact]
    public async Task Of_an_exit_rule_and_the_report_of_the_last_content_exactly_one_wins()
    {
        var journey = await PublishAsync(Bought);
        var people = Enumerable.Range(1, 30).Select(n => $"u{n}").ToList();
        foreach (var person in people)
            await site.EnterAsync(journey, person);

        await Task.WhenAll(people.SelectMany(person => (Task[])[site.ReportAsync(journey, person, "one"), site.DoAsync(person, "bought")]));

        foreach (var enrollment in await site.EnrollmentsAsync(journey))
        {
            var visits = await VisitsAsync(enrollment);
            var history = (enrollment.Outcome, visits[^1].NodeId, visits.Sum(visit => visit.Notes.Count));
            Assert.Contains(history, ((string, string, int)[])[("done", "end", 0), ("bought", "one", 1)]);
            Assert.Equal(Status.Completed, enrollment.Status);
        }

        await StoredState.CheckAsync(service, site.Id);
    }

    [Fact]
    public async Task Whoever_has_reached_an_exit_stays_there()
    {
        var journey = await PublishAsync($"{Bought}, {Left}");
        await site.EnterAsync(journey, "u1");
        await site.ReportAsync(journey, "u1", "one");
        var done = await OnlyAsync(journey);

        await site.DoAsync("u1", "bought");
        await site.IdentifyAsync("u1", traits: """{"plan": "none"}""");

        Assert.Equal(done, await OnlyAsync(journey));
    }

    [Fact]
    public async Task Whoever_left_early_comes_back_where_the_journey_allows_it()
    {
        var journey = await site.PublishAsync(Designs.Row(
            $"\"reEnrollment\": \"AFTER_EARLY_EXIT\", {Exits("""{"name": "Early", "event": {"eventName": "bought"}}""")}", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.DoAsync("u1", "bought");

        var again = await site.EnterAsync(journey, "u1");

        Assert.Equal((true, 2, Status.Active), (again.Created, again.Enrollment.Attempt, again.Enrollment.Status));
    }

    [Fact]
    public async Task Whoever_leaves_the_audience_leaves_the_journey_and_who_does_not_belong_to_it_does_not_come_in()
    {
        var audience = await site.AudienceAsync("""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""");
        var journey = await site.PublishAsync(Designs.Row(
            $"\"audienceId\": \"{audience}\", {Exits("""{"name": "Not pro", "leftAudience": true}""")}", Designs.Start, Designs.Content("one"), Designs.End));
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await site.EnterAsync(journey, "u1");

        await site.IdentifyAsync("u1", traits: """{"seats": 3}""");
        var inside = await OnlyAsync(journey);
        await site.IdentifyAsync("u1", traits: """{"plan": "none"}""");

        Assert.Equal(Status.Active, inside.Status);
        var left = await OnlyAsync(journey);
        Assert.Equal((Status.Stopped, "EXIT_RULE", "Not pro"), (left.Status, left.StopReason, left.Outcome));
        Assert.Equal("EXIT_RULE_HOLDS", await RefusalAsync(() => site.EnterAsync(journey, "u2")));
    }

    [Fact]
    public async Task For_whom_an_exit_rule_holds_already_does_not_come_in_by_any_way()
    {
        var nobody = await site.AudienceAsync("""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "none"}}""");
        var journey = await site.PublishAsync(Designs.Row(
            $"\"audienceId\": \"{nobody}\", \"autoEnroll\": true, \"reEnrollment\": \"ALWAYS\", {Exits(Left)}",
            """{"id": "start", "trigger": {"customEvent": {"eventName": "came"}}}""", Designs.Content("one"), Designs.End));

        await site.IdentifyAsync("u1", traits: """{"plan": "none"}""");
        await site.DoAsync("u1", "came");
        await site.IdentifyAsync("u1", traits: """{"seats": 3}""");
        await site.RunJobAsync(Job.Types.Kind.AudienceSweep, journey);
        var called = await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u1", "u2" }, RequestId = "r1" });
        var again = await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u1", "u2" }, RequestId = "r1" });

        Assert.Equal("EXIT_RULE_HOLDS", await RefusalAsync(() => site.EnterAsync(journey, "u1")));
        Assert.Equal(["EXIT_RULE_HOLDS", ""], called.Results.Select(result => result.Error?.Reason ?? ""));
        Assert.Equal(called, again);
        Assert.Equal("u2", (await OnlyAsync(journey)).UserId);
        await StoredState.CheckAsync(service, site.Id);
    }

    [Fact]
    public async Task A_goal_that_ends_the_journey_comes_before_the_exit_rules_of_who_comes_in()
    {
        const string goal = """
            "goal": {"rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "none"}}, "exitOnGoal": true},
            """;
        var journey = await site.PublishAsync(Designs.Row($"{goal} {Exits(Left)}", Designs.Start, Designs.Content("one"), Designs.End));
        await site.IdentifyAsync("u1", traits: """{"plan": "none"}""");

        var entered = await site.EnterAsync(journey, "u1");

        Assert.Equal((true, Status.Completed, "goal"), (entered.Created, entered.Enrollment.Status, entered.Enrollment.Outcome));
    }

    [Fact]
    public async Task The_explanation_names_exit_rules_and_the_one_somebody_left_by()
    {
        var journey = await PublishAsync($"{Bought}, {Left}");
        await site.EnterAsync(journey, "u1");

        var inside = await WhyAsync(journey, "u1");
        await site.IdentifyAsync("u1", traits: """{"plan": "none"}""");
        var outside = await WhyAsync(journey, "u1");
        await site.IdentifyAsync("u2", traits: """{"plan": "none"}""");
        var never = await WhyAsync(journey, "u2");

        Assert.Equal(
            [
                ("EXIT_RULE", true, "The user leaves early by the exit rule Bought once this is true: did bought."),
                ("EXIT_RULE", true, "The user leaves early by the exit rule Left us once this is true: traits.plan EQ \"none\"."),
            ],
            inside.Checks.Select(check => (check.Reason, check.Passed, check.Message)));
        Assert.Contains("The exit rule Bought, once this is true: did bought.", inside.Enrollment.Waiting.MovedBy);
        Assert.Contains("with the status STOPPED by the exit rule Left us", outside.Summary, StringComparison.Ordinal);
        Assert.Contains(never.Checks, check => check is { Reason: "EXIT_RULE", Passed: false });
        Assert.Contains("The user leaves early by the exit rule Left us, because this is true: traits.plan EQ \"none\"", never.Summary, StringComparison.Ordinal);
    }

    static async Task<string> RefusalAsync(Func<Task> call) =>
        (await Assert.ThrowsAsync<RpcException>(call)).GetRpcStatus()!.GetDetail<ErrorInfo>().Reason;

    static string Named(string when) => $"{{\"name\": \"Early\", {when[1..]}";

    static string Exits(string exits) => $"\"exits\": [{exits}],";

    Task<Guid> PublishAsync(string exits) => site.PublishAsync(Designs.Row(Exits(exits), Designs.Start, Designs.Content("one"), Designs.End));

    async Task<Enrollment> OnlyAsync(Guid journey) => Assert.Single(await site.EnrollmentsAsync(journey));

    async Task<IReadOnlyList<Visit>> VisitsAsync(Enrollment enrollment) =>
        (await site.Enrollments.ListVisitsAsync(new() { JourneyId = enrollment.JourneyId, EnrollmentId = enrollment.Id })).Visits;

    async Task<ExplainUserResponse> WhyAsync(Guid journey, string userId) =>
        await site.Enrollments.ExplainUserAsync(new() { JourneyId = journey.ToString(), UserId = userId });
}
