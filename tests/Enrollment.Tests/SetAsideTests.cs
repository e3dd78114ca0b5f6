using Dapper;
using Grpc.Core;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Options.V1;
using Journeys.Protos.Scheduler.V1;
using Enrollment = Journeys.Protos.Enrollment.V1.Enrollment;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>An enrollment that cannot be moved is set aside, shown and tried again, and keeps nobody else.</summary>
public sealed class SetAsideTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    // PostgreSQL cannot store the outcome.
    const string Poison = """{"id": "end", "exit": {"outcome": "a\u0000b"}}""";

    readonly TestSite site = service.NewSite();
    readonly TestSite other = service.NewSite();

    [Fact]
    public async Task One_sites_poison_stops_no_timers_of_another_and_none_of_its_own_that_are_sound()
    {
        var (sound, poisoned) = (await site.WaitingAsync(), await site.WaitingAsync(exit: Poison));
        var others = await other.WaitingAsync();
        service.Clock.Advance(TimeSpan.FromSeconds(2));

        await ElapseAsync(sound, poisoned, others);

        Assert.All([.. await site.EnrollmentsAsync(sound.Journey), .. await other.EnrollmentsAsync(others.Journey)], one => Assert.Equal(Status.Completed, one.Status));
        var listed = await new EnrollmentService.EnrollmentServiceClient(site.As(Access.Types.Role.Admin)).ListSetAsideAsync(new());
        Assert.Equal(poisoned.People.Select(one => one.Id).Order(), listed.SetAside.Select(one => one.EnrollmentId).Order());
        Assert.All(listed.SetAside, one => Assert.StartsWith("22021", one.Cause, StringComparison.Ordinal));
        Assert.Empty((await new EnrollmentService.EnrollmentServiceClient(other.As(Access.Types.Role.Admin)).ListSetAsideAsync(new())).SetAside);
    }

    [Fact]
    public async Task The_watchdog_repairs_others_and_leaves_alone_who_is_set_aside()
    {
        var poisoned = await site.WaitingAsync(exit: Poison);
        var others = await other.WaitingAsync();
        service.Clock.Advance(TimeSpan.FromMinutes(3));

        await service.Get<Watchdog>().RunOnceAsync(CancellationToken.None);
        await service.Get<Watchdog>().RunOnceAsync(CancellationToken.None);

        Assert.All(await other.EnrollmentsAsync(others.Journey), one => Assert.Equal(Status.Completed, one.Status));
        var shown = await site.Enrollments.GetEnrollmentAsync(new() { JourneyId = poisoned.Journey.ToString(), EnrollmentId = poisoned.People[0].Id });
        Assert.Equal(1, shown.Waiting.SetAside.Failures);
        Assert.StartsWith("Could not be moved (22021", shown.Waiting.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_tried_again_less_and_less_often()
    {
        var poisoned = await site.WaitingAsync(1, exit: Poison);
        service.Clock.Advance(TimeSpan.FromSeconds(2));
        await ElapseAsync(poisoned);

        var rests = new List<double>();
        for (var i = 0; i < 4; i++)
        {
            var row = (await service.Get<SetAsideStore>().FindAsync(site.Id, Guid.Parse(poisoned.People[0].Id), CancellationToken.None))!;
            rests.Add((row.NextTryAt - row.LastFailedAt).TotalSeconds);
            service.Clock.Advance(row.NextTryAt - service.Clock.GetUtcNow());
            await service.Get<RetrySetAside>().RunOnceAsync(CancellationToken.None);
        }

        Assert.Equal([5, 10, 20, 40], rests);
    }

    [Fact]
    public async Task What_comes_meanwhile_is_held_and_applied_once_the_version_is_there()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Hold("hold", "go"), Designs.End));
        var sound = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Hold("hold", "go"), Designs.End));
        var entered = (await site.EnterAsync(journey, "u1")).Enrollment;
        await site.EnterAsync(sound, "u1");
        await SetVersionAsync(journey, 99);

        var report = await site.ReportAsync(journey, "u1", "one");
        await site.DoAsync("u1", "go");
        await site.Sdk.ListPositionsAsync(new() { UserId = "u1" });
        await SetVersionAsync(journey, 1);
        var retried = await new EnrollmentService.EnrollmentServiceClient(site.As(Access.Types.Role.Admin))
            .RetrySetAsideAsync(new() { JourneyId = journey.ToString(), EnrollmentId = entered.Id });

        Assert.Equal((false, true), (report.Applied, report.Held));
        Assert.Equal(Status.Completed, Assert.Single(await site.EnrollmentsAsync(sound)).Status);
        Assert.Equal(Status.Completed, retried.Status);
        Assert.Equal(["start", "one", "hold", "end"], await site.NodesAsync(retried));
    }

    [Fact]
    public async Task What_only_the_call_itself_brings_out_sets_aside_and_the_rest_of_the_call_is_done()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Hold("hold", "go"), Poison));
        var sound = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Hold("hold", "go"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.EnterAsync(sound, "u1");

        await site.DoAsync("u1", "go");
        service.Clock.Advance(TimeSpan.FromMinutes(1));
        await service.Get<RetrySetAside>().RunOnceAsync(CancellationToken.None);
        await site.DoAsync("u1", "go");

        var shown = Assert.Single(await site.EnrollmentsAsync(journey));
        // Both events, and once that a date of the person may have moved.
        Assert.Equal(("hold", 3, 3), (shown.CurrentNodeId, await FailuresAsync(shown), await HeldAsync(journey)));
        Assert.Equal(Status.Completed, Assert.Single(await site.EnrollmentsAsync(sound)).Status);
    }

    [Fact]
    public async Task What_only_the_stored_part_of_a_call_brings_out_sets_aside_until_the_sound_ones_are_tried()
    {
        var rules = string.Join(", ", Enumerable.Range(0, 50).Select(n => $$$"""{"condition": {"field": "traits.s", "operator": "REGEX", "value": "[ab]*a[ab]{240}c{{{n}}}"} }"""));
        var goal = $$"""
            "goal": {"rule": {"group": {"operator": "OR", "rules": [{{rules}}]} }, "deadline": "3600s", "exitOnGoal": true},
            """;
        var journey = await site.PublishAsync(Designs.Row(goal, Designs.Start, Designs.Content("one"), Designs.End));
        var sound = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.EnterAsync(sound, "u1");

        await site.IdentifyAsync("u1", traits: $$"""{"s": "{{new string('a', 8_000)}}"}""");
        service.Clock.Advance(TimeSpan.FromMinutes(1));
        await service.Get<RetrySetAside>().RunOnceAsync(CancellationToken.None);

        Assert.Equal(8_000, (await site.Profiles.GetUserAsync(new() { UserId = "u1" })).User.Traits.Fields["s"].StringValue.Length);
        Assert.Equal(2, await FailuresAsync(Assert.Single(await site.EnrollmentsAsync(journey))));
        Assert.Equal(0, await FailuresAsync(Assert.Single(await site.EnrollmentsAsync(sound))));
        Assert.True((await site.ReportAsync(sound, "u1", "one")).Applied);
    }

    [Fact]
    public async Task A_call_that_fails_for_another_reason_leaves_nothing_set_aside()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            create function enrollment.refuse() returns trigger language plpgsql as $$ begin raise exception 'refused' using errcode = '23514'; end $$;
            create trigger refuse before insert on enrollment.event for each row when (new.name = 'refused') execute function enrollment.refuse();
            """);
        try
        {
            await Assert.ThrowsAsync<RpcException>(() => site.DoAsync("u1", "refused"));
        }
        finally
        {
            await connection.ExecuteAsync("drop trigger refuse on enrollment.event; drop function enrollment.refuse");
        }

        Assert.Equal(0, await FailuresAsync(Assert.Single(await site.EnrollmentsAsync(journey))));
        Assert.True((await site.ReportAsync(journey, "u1", "one")).Applied);
    }

    [Fact]
    public async Task A_report_that_cannot_be_applied_is_held_until_it_can_be()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Poison));
        await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End), journey);
        await site.EnterAsync(journey, "u1");
        await SetVersionAsync(journey, 1);

        var report = await site.ReportAsync(journey, "u1", "one");
        await SetVersionAsync(journey, 2);
        service.Clock.Advance(TimeSpan.FromMinutes(1));
        await service.Get<RetrySetAside>().RunOnceAsync(CancellationToken.None);

        Assert.Equal((false, true), (report.Applied, report.Held));
        var after = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal((Status.Completed, 0), (after.Status, await FailuresAsync(after)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_signal_that_only_a_newer_release_can_read_is_in_no_calls_way(bool isPaused)
    {
        var journey = await site.PublishAsync(Designs.Row(
            "", Designs.Start, Designs.Content("one"), """{"id": "w", "wait": {"traitDate": {"trait": "ends"}}}""", Designs.End));
        var dates = await site.PublishAsync(Designs.Row("", Designs.Start, """{"id": "w", "wait": {"traitDate": {"trait": "ends"}}}""", Designs.End));
        var sound = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Hold("hold", "go"), Designs.End));
        await EndsAsync(service.Clock.GetUtcNow().AddDays(1));
        Guid[] all = [journey, dates, sound];
        foreach (var one in all)
            await site.EnterAsync(one, "u1");
        await HoldUnknownAsync(journey);
        await HoldUnknownAsync(dates);
        if (isPaused)
        {
            await site.PauseAsync(journey);
            await site.PauseAsync(dates);
        }

        var report = await site.ReportAsync(journey, "u1", "one");
        await EndsAsync(service.Clock.GetUtcNow().AddDays(2));
        await site.DoAsync("u1", "go");
        await site.ReportAsync(journey, "u1", "one");

        Assert.Equal((false, true), (report.Applied, report.Held));
        Assert.Equal(Status.Completed, Assert.Single(await site.EnrollmentsAsync(sound)).Status);
        Assert.Equal(2, await HeldAsync(dates));
        foreach (var one in (IEnumerable<Enrollment>)[.. await site.EnrollmentsAsync(journey), .. await site.EnrollmentsAsync(dates)])
            Assert.Equal(!isPaused, await FailuresAsync(one) > 0);
    }

    // Hours from now: the date on entry, the one that it moves to meanwhile, and the next try.
    [Theory]
    [InlineData(2, 10, 5, "w")]
    [InlineData(240, 5, 6, "reminded")]
    public async Task A_date_that_moves_meanwhile_is_followed(int first, int second, int tried, string node)
    {
        var journey = await site.PublishAsync(Designs.Row(
            "", Designs.Start, """{"id": "w", "wait": {"traitDate": {"trait": "ends"}}}""", Designs.Content("reminded"), Designs.End));
        var began = service.Clock.GetUtcNow();
        await EndsAsync(began.AddHours(first));
        await site.EnterAsync(journey, "u1");
        await SetVersionAsync(journey, 99);

        await EndsAsync(began.AddHours(second));
        await EndsAsync(began.AddHours(second));
        var held = await HeldAsync(journey);
        await SetVersionAsync(journey, 1);
        service.Clock.Advance(TimeSpan.FromHours(tried));
        await service.Get<RetrySetAside>().RunOnceAsync(CancellationToken.None);

        var after = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal((node, node == "w" ? began.AddHours(second) : null), (after.CurrentNodeId, after.WakeTime?.ToDateTimeOffset()));
        Assert.Equal((1, 0), (held, await HeldAsync(journey)));
    }

    [Fact]
    public async Task A_goal_that_is_reached_meanwhile_counts()
    {
        const string rule = """{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""";
        const string goal = $$"""
            "goal": {"rule": {{rule}}, "deadline": "3600s", "exitOnGoal": true},
            """;
        var journey = await site.PublishAsync(Designs.Row(goal, Designs.Start, Designs.Content("one"), Designs.End));
        await site.IdentifyAsync("u1");
        await site.EnterAsync(journey, "u1");
        await SetVersionAsync(journey, 99);

        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await SetVersionAsync(journey, 1);
        service.Clock.Advance(TimeSpan.FromHours(2));
        await service.Get<RetrySetAside>().RunOnceAsync(CancellationToken.None);

        Assert.Equal("goal", Assert.Single(await site.EnrollmentsAsync(journey)).Outcome);
    }

    [Fact]
    public async Task It_can_be_stopped_and_its_journey_archived()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.EnterAsync(journey, "u2");
        await SetVersionAsync(journey, 0);
        Assert.True((await site.ReportAsync(journey, "u1", "one")).Held);

        await site.StopAsync(journey, "u1");
        await site.ArchiveAsync(journey);
        await site.RunJobAsync(Job.Types.Kind.Archive, journey);

        Assert.Equal([Status.Stopped, Status.Archived], (await site.EnrollmentsAsync(journey)).Select(one => one.Status));
    }

    [Fact]
    public async Task One_that_an_earlier_release_left_behind_its_history_is_put_right_by_the_call_that_meets_it()
    {
        var journey = await site.PublishAsync(Designs.Graph(
            "", [Designs.Start, Designs.Hold("first", "go"), """{"id": "hold", "waitForEvent": {"events": [{"eventName": "paid"}], "timeout": "3600s"}}""", Designs.End, """{"id": "late", "exit": {"outcome": "late"}}"""],
            [("start", "", "first"), ("first", "event", "hold"), ("hold", "event", "end"), ("hold", "timeout", "late")]));
        var entered = (await site.EnterAsync(journey, "u1")).Enrollment;
        var right = Assert.Single((await site.DoAsync("u1", "go")).Journeys).Enrollment;
        await ExecuteAsync(
            "update enrollment.enrollment set node_id = 'first', visit_no = 2, waiting_for = 'EVENT', wake_at = null where enrollment_id = @id",
            new { id = Guid.Parse(entered.Id) });

        await site.DoAsync("u1", "go");

        var healed = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal(right, healed);
        Assert.Equal(1, await site.PassAsync(TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task Whoever_cannot_be_enrolled_is_left_out_of_a_sweep_and_keeps_nobody_else()
    {
        var audience = await site.AudienceAsync("""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""");
        foreach (var person in (string[])["u1", "u2", "u3"])
            await site.IdentifyAsync(person, traits: """{"plan": "pro"}""");
        await ExecuteAsync(
            "update enrollment.profile set context = @context::jsonb where site_id = @Id and user_id = 'u2'",
            new { site.Id, context = $$"""{"location": {{new string('[', 70)}}{{new string(']', 70)}}}""" });
        var journey = await site.PublishAsync(Designs.Row(
            $"\"autoEnroll\": true, \"audienceId\": \"{audience}\",", Designs.Start, Designs.Content("one"), Designs.End));

        var changed = await site.RunJobAsync(Job.Types.Kind.AudienceSweep, journey);

        Assert.Equal(2, changed);
        Assert.Equal(["u1", "u3"], (await site.EnrollmentsAsync(journey)).Select(one => one.UserId));
    }

    // All in one batch.
    Task<int> ElapseAsync(params (Guid Journey, List<Enrollment> People)[] waiting) => service.Get<AdvanceEnrollments>().HandleAsync(
        [.. waiting.SelectMany(some => some.People).Select(one => new SignalDelivery(
            Guid.Parse(SiteOf(one)), Guid.Parse(one.Id), new Signal.TimerElapsed(2)))],
        CancellationToken.None);

    string SiteOf(Enrollment one)
    {
        using var connection = service.Database.OpenConnection();
        return connection.ExecuteScalar<Guid>("select site_id from enrollment.enrollment where enrollment_id = @id", new { id = Guid.Parse(one.Id) }).ToString();
    }

    Task<IdentifyResponse> EndsAsync(DateTimeOffset at) => site.IdentifyAsync("u1", traits: $$"""{"ends": "{{at:O}}"}""");

    async Task<int> HeldAsync(Guid journeyId)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>(
            "select count(*) from enrollment.held_signal where journey_id = @journeyId", new { journeyId });
    }

    async Task<int> FailuresAsync(Enrollment one) =>
        (await service.Get<SetAsideStore>().FindAsync(site.Id, Guid.Parse(one.Id), CancellationToken.None))?.Failures ?? 0;

    // As a newer release did before this one was deployed again.
    Task HoldUnknownAsync(Guid journeyId) => ExecuteAsync(
        """
        insert into enrollment.held_signal (site_id, enrollment_id, journey_id, signal, held_at)
        select site_id, enrollment_id, journey_id, '{"teleported": true}', @now from enrollment.enrollment where journey_id = @journeyId
        """,
        new { journeyId, now = service.Clock.GetUtcNow() });

    // Often one that never arrived here.
    Task SetVersionAsync(Guid journeyId, int version) => ExecuteAsync(
        """
        update enrollment.enrollment set version = @version where journey_id = @journeyId;
        update enrollment.statistic_change set version = @version where journey_id = @journeyId
        """,
        new { journeyId, version });

    async Task ExecuteAsync(string sql, object parameters)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters);
    }
}
