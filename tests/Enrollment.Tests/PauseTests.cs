using Dapper;
using Grpc.Core;
using Journeys.BuildingBlocks.Failures;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Journeys.Protos.Scheduler.V1;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>While a journey is paused people keep their exact position; what comes meanwhile is applied in order on resume.</summary>
public sealed class PauseTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string Timed = """{"id": "hold", "waitForEvent": {"events": [{"eventName": "go"}], "timeout": "3600s"}}""";

    readonly TestSite site = service.NewSite();

    [Theory]
    [InlineData("""{"kind": "FUTURE", "x": 1}""")]
    [InlineData("""{"report": {"nodeId": "tip", "outcome": 0, "later": true}}""")]
    [InlineData("{}")]
    public void A_signal_that_a_newer_release_held_does_not_pass_for_another(string json) =>
        Assert.Throws<System.Text.Json.JsonException>(() => SignalJson.Read(json));

    [Fact]
    public async Task Reports_and_events_are_held_and_applied_in_their_order_and_the_position_stays_meanwhile()
    {
        var journey = await site.PublishAsync(Designs.Row(
            "", Designs.Start, Designs.Content("one"), Designs.Hold("hold", "go"), Designs.Content("two"), Designs.Hold("more", "go"), Designs.End));
        var before = (await site.EnterAsync(journey, "u1")).Enrollment;
        await site.PauseAsync(journey);

        var report = await site.ReportAsync(journey, "u1", "one", data: """{"rating": 9}""");
        await site.DoAsync("u1", "other", "go");
        await site.ReportAsync(journey, "u1", "two");
        var meanwhile = Assert.Single(await site.EnrollmentsAsync(journey));
        await site.ResumeAsync(journey);
        var changed = await site.RunJobAsync(Job.Types.Kind.Release, journey);

        var after = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal((false, true, "one"), (report.Applied, report.Held, report.Enrollment.CurrentNodeId));
        Assert.Equal(before, meanwhile);
        Assert.Equal((1, "more", Status.Active), (changed, after.CurrentNodeId, after.Status));
        Assert.Equal(["start", "one", "hold", "two", "more"], await site.NodesAsync(after));
    }

    [Fact]
    public async Task A_release_waits_for_those_who_read_before_the_resume_that_the_journey_is_paused()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var enrollmentId = Guid.Parse((await site.EnterAsync(journey, "u1")).Enrollment.Id);
        await site.PauseAsync(journey);
        await using (var connection = await service.Database.OpenConnectionAsync())
        {
            await using var holding = await connection.BeginTransactionAsync();
            var locked = await EnrollmentStore.LockActiveAsync(holding, [site.Id], [enrollmentId], CancellationToken.None);
            await site.ResumeAsync(journey);

            await Assert.ThrowsAsync<NotYet>(() => site.RunJobAsync(Job.Types.Kind.Release, journey));

            await service.Get<AdvanceEnrollments>().ApplyAsync(
                holding, locked, _ => [new Signal.Reported("one", ContentOutcome.Completed)], CancellationToken.None);
            await holding.CommitAsync();
        }

        Assert.Equal(1, await site.RunJobAsync(Job.Types.Kind.Release, journey));
        Assert.Equal(Status.Completed, Assert.Single(await site.EnrollmentsAsync(journey)).Status);
    }

    [Fact]
    public async Task A_version_that_is_published_during_the_pause_is_for_those_who_enter_after_it()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Hold("old", "go"), Designs.Content("second"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.PauseAsync(journey);
        await site.DoAsync("u1", "go");

        await site.Apply.PublishedAsync(
            site.Published(journey, Designs.Row("", Designs.Start, Designs.Content("new"), Designs.End), paused: true), CancellationToken.None);
        var refusal = await Assert.ThrowsAsync<RpcException>(() => site.EnterAsync(journey, "u2"));
        var meanwhile = Assert.Single(await site.EnrollmentsAsync(journey));
        await site.ResumeAsync(journey);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);
        var newcomer = (await site.EnterAsync(journey, "u2")).Enrollment;

        var before = (await site.EnrollmentsAsync(journey)).Single(enrollment => enrollment.UserId == "u1");
        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        Assert.Equal(("old", 1), (meanwhile.CurrentNodeId, meanwhile.JourneyVersion));
        Assert.Equal(("second", 1), (before.CurrentNodeId, before.JourneyVersion));
        Assert.Equal(("new", 2), (newcomer.CurrentNodeId, newcomer.JourneyVersion));
    }

    [Fact]
    public async Task Nothing_stays_held_for_somebody_who_leaves_during_the_pause()
    {
        var journey = await site.PublishAsync(Designs.Row(
            "\"allowAnonymous\": true,", Designs.Start, Designs.Hold("one", "go"), Designs.Hold("two", "go"), Designs.End));
        foreach (var person in (string[])["u1", "u2", "visitor2"])
            await site.EnterAsync(journey, person);
        await site.PauseAsync(journey);
        foreach (var person in (string[])["u1", "u2", "visitor2"])
            await site.DoAsync(person, "go");

        await site.StopAsync(journey, "u1");
        await site.IdentifyAsync("u2", "visitor2");

        await StoredState.CheckAsync(service, site.Id);
    }

    [Fact]
    public async Task A_repeat_of_the_release_applies_nothing_twice()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Hold("one", "go"), Designs.Hold("two", "go"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.PauseAsync(journey);
        await site.DoAsync("u1", "go");
        await site.ResumeAsync(journey);

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => site.RunJobAsync(Job.Types.Kind.Release, journey)));

        Assert.Equal("two", Assert.Single(await site.EnrollmentsAsync(journey)).CurrentNodeId);
    }

    [Fact]
    public async Task What_is_held_goes_before_what_comes_first_after_the_resume_and_once_only()
    {
        var journey = await site.PublishAsync(Designs.Row(
            "", Designs.Start, Designs.Hold("one", "a"), Designs.Hold("two", "b"), Designs.Hold("three", "a"), Designs.Content("four"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.PauseAsync(journey);
        await site.DoAsync("u1", "a");
        await site.ResumeAsync(journey);

        await site.DoAsync("u1", "b", "other", "c");

        Assert.Equal("three", Assert.Single(await site.EnrollmentsAsync(journey)).CurrentNodeId);
    }

    [Fact]
    public async Task However_much_is_held_for_somebody_it_is_applied_in_order_in_portions_and_nothing_overtakes_it()
    {
        var journey = await HoldManyAsync("u1");
        await site.ResumeAsync(journey);
        var between = 0;

        var (done, changed, total) = await new JobRunner(site).RunAsync(
            Job.Types.Kind.Release, journey, between: async _ =>
            {
                if (between++ == 0)
                    await site.DoAsync("u1", "a");
            });

        var after = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal(("two", 1, 1, 1), (after.CurrentNodeId, done, changed, total));
        Assert.True(between > 1);
        await CheckVisitsAsync(journey, 1_003);
    }

    [Fact]
    public async Task A_portion_of_what_is_held_reads_no_more_than_it_applies_and_one_more()
    {
        var journey = await HoldManyAsync("u1");
        await site.ResumeAsync(journey);
        var id = Guid.Parse(Assert.Single(await site.EnrollmentsAsync(journey)).Id);
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();

        // Whoever reads further fails.
        await connection.ExecuteAsync(
            """
            alter table enrollment.held_signal drop constraint held_signal_readable;
            update enrollment.held_signal as held set held_at = '20000-01-01'
            where (held.site_id, held.enrollment_id, held.held_signal_id) in (
                select site_id, enrollment_id, held_signal_id from enrollment.held_signal
                where site_id = @siteId and enrollment_id = @id order by held_signal_id offset 201)
            """,
            new { siteId = site.Id, id }, transaction);
        var locked = await EnrollmentStore.LockActiveAsync(transaction, [site.Id], [id], CancellationToken.None);
        var applied = Assert.Single(await service.Get<AdvanceEnrollments>().ApplyAsync(transaction, locked, static _ => [], CancellationToken.None));

        Assert.True(applied.HasMoreHeld);
        Assert.Equal(800, await connection.ExecuteScalarAsync<int>(
            "select count(*) from enrollment.held_signal where site_id = @siteId and enrollment_id = @id", new { siteId = site.Id, id }, transaction));
    }

    [Fact]
    public async Task However_much_is_held_for_somebody_who_is_tried_again_nothing_is_left()
    {
        var journey = await HoldManyAsync("u1");
        await site.ResumeAsync(journey);
        var enrollment = Assert.Single(await site.EnrollmentsAsync(journey));

        await service.Get<RetryEnrollment>().HandleAsync(site.Id, Guid.Parse(enrollment.Id), [], CancellationToken.None);

        await CheckVisitsAsync(journey, 1_002);
        await StoredState.CheckAsync(service, site.Id);
    }

    [Fact]
    public async Task However_much_is_held_for_somebody_the_watchdog_applies_all_of_it()
    {
        var journey = await HoldManyAsync("u1");
        await site.ResumeAsync(journey);
        // The Scheduler has not heard of the resume.
        service.Clock.Advance(TimeSpan.FromHours(2));

        await service.Get<Watchdog>().RunOnceAsync(CancellationToken.None);

        await CheckVisitsAsync(journey, 1_002);
    }

    // A thousand events, each of which leads on from where the one before leads to, and to nothing if another comes between.
    async Task<Guid> HoldManyAsync(string person)
    {
        var journey = await site.PublishAsync(Designs.Graph(
            "",
            [Designs.Start, Designs.Hold("one", "a"), """{"id": "two", "waitForEvent": {"events": [{"eventName": "b"}], "timeout": "31536000s"}}""", Designs.End],
            [("start", "", "one"), ("one", "event", "two"), ("two", "event", "one"), ("two", "timeout", "end")]));
        await site.EnterAsync(journey, person);
        await site.PauseAsync(journey);
        foreach (var _ in Enumerable.Range(0, 20))
            await site.DoAsync(person, [.. Enumerable.Range(0, 50).Select(n => n % 2 == 0 ? "a" : "b")]);
        return journey;
    }

    // Of one person: the number of visits, and that no transaction made many of them.
    async Task CheckVisitsAsync(Guid journey, int expected)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        var transactions = await connection.QueryAsync<int>("""
            select count(*)::integer
            from enrollment.visit v
            join enrollment.enrollment e on e.site_id = v.site_id and e.enrollment_id = v.enrollment_id
            where e.journey_id = @journey
            group by v.xmin
            """, new { journey });
        Assert.Equal(expected, transactions.Sum());
        Assert.All(transactions, visits => Assert.InRange(visits, 1, 200));
    }

    [Fact]
    public async Task A_report_that_is_repeated_during_a_pause_counts_once_also_where_the_journey_leads_back_to_the_step()
    {
        var journey = await site.PublishAsync(Designs.Graph(
            "", [Designs.Start, Designs.Content("one"), Designs.End], [("start", "", "one"), ("one", "", "one"), ("one", "skipped", "end")]));
        var before = (await site.EnterAsync(journey, "u1")).Enrollment;
        await site.PauseAsync(journey);

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => site.ReportAsync(journey, "u1", "one")));
        await site.ResumeAsync(journey);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        Assert.All(answers, answer => Assert.True(answer.Held));
        Assert.Equal(["start", "one", "one"], await site.NodesAsync(before));
    }

    [Theory]
    [InlineData(30, "done")]
    [InlineData(90, "late")]
    public async Task A_time_out_and_an_event_during_a_pause_come_in_the_order_of_their_times(int minutes, string outcome)
    {
        var journey = await TimedAsync();
        await site.EnterAsync(journey, "u1");
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromMinutes(minutes));
        await site.DoAsync("u1", "go");
        service.Clock.Advance(TimeSpan.FromHours(3));

        await site.ResumeAsync(journey);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);
        await site.PassAsync(TimeSpan.Zero);

        Assert.Equal(outcome, Assert.Single(await site.EnrollmentsAsync(journey)).Outcome);
    }

    [Fact]
    public async Task A_wait_that_ended_during_the_pause_goes_before_an_event_that_comes_before_its_timer_is_released()
    {
        var journey = await TimedAsync();
        await site.EnterAsync(journey, "u1");
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromHours(2));
        await site.ResumeAsync(journey);

        await site.DoAsync("u1", "go");

        Assert.Equal("late", Assert.Single(await site.EnrollmentsAsync(journey)).Outcome);
    }

    [Fact]
    public async Task A_timer_that_was_on_its_way_when_the_journey_was_paused_acts_on_resume()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("rest", "3600s"), Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.PauseAsync(journey);

        var moved = await site.PassAsync(TimeSpan.FromHours(1));
        var meanwhile = Assert.Single(await site.EnrollmentsAsync(journey)).CurrentNodeId;
        await site.ResumeAsync(journey);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        Assert.Equal((0, "rest", "one"), (moved, meanwhile, Assert.Single(await site.EnrollmentsAsync(journey)).CurrentNodeId));
    }

    [Fact]
    public async Task Nobody_gets_in_and_the_refusal_says_why()
    {
        var journey = await site.PublishAsync(Designs.Row("", """{"id": "start", "trigger": {"customEvent": {"eventName": "begin"}}}""", Designs.Content("one"), Designs.End));
        await site.PauseAsync(journey);

        var bySdk = await Assert.ThrowsAsync<RpcException>(() => site.EnterAsync(journey, "u1"));
        var byApi = await Assert.ThrowsAsync<RpcException>(
            async () => await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u1" } }));
        await site.DoAsync("u1", "begin");

        Assert.Equal(["JOURNEY_PAUSED", "JOURNEY_PAUSED"], [ReasonOf(bySdk), ReasonOf(byApi)]);
        Assert.Empty(await site.EnrollmentsAsync(journey));
    }

    [Fact]
    public async Task Somebody_may_leave_during_a_pause_and_what_was_held_for_them_goes()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.PauseAsync(journey);
        await site.ReportAsync(journey, "u1", "one");

        var stopped = await site.StopAsync(journey, "u1");
        await site.ResumeAsync(journey);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        Assert.Equal(Status.Stopped, stopped.Status);
        Assert.Equal(stopped, Assert.Single(await site.EnrollmentsAsync(journey)));
    }

    [Fact]
    public async Task A_report_of_another_step_finishes_nothing_though_the_goal_is_reached_as_it_is_applied()
    {
        var journey = await site.PublishAsync(Designs.Row(
            "\"goal\": {\"rule\": {\"condition\": {\"field\": \"traits.plan\", \"operator\": \"EQ\", \"value\": \"pro\"}}},",
            Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.PauseAsync(journey);
        await site.ReportAsync(journey, "u1", "two");
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");

        await site.ResumeAsync(journey);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        var position = Assert.Single((await site.Sdk.ListPositionsAsync(new() { UserId = "u1" })).Journeys);
        Assert.Equal(("one", 0), (position.Enrollment.CurrentNodeId, position.StepsDone));
        Assert.NotNull(position.Enrollment.GoalTime);
    }

    [Fact]
    public async Task A_report_of_a_run_that_has_ended_is_not_held()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.ReportAsync(journey, "u1", "one");
        await site.PauseAsync(journey);

        var answer = await site.ReportAsync(journey, "u1", "one");

        Assert.Equal((false, false, Status.Completed), (answer.Applied, answer.Held, answer.Enrollment.Status));
    }

    async Task<Guid> TimedAsync() => await site.PublishAsync(Designs.Graph(
        "", [Designs.Start, Timed, Designs.End, """{"id": "late", "exit": {"outcome": "late"}}"""],
        [("start", "", "hold"), ("hold", "event", "end"), ("hold", "timeout", "late")]));

    static string ReasonOf(RpcException exception) => exception.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason;
}
