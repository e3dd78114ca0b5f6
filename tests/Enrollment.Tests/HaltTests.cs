using Dapper;
using Grpc.Core;
using Journeys.Enrollments.Journeys;
using Journeys.Protos.Scheduler.V1;
using Journeys.Testing;
using Events = Journeys.Protos.Events.V1;
using Moved = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>While a site is halted, all of its journeys behave as if they were paused, and go on afterwards as they are.</summary>
public sealed class HaltTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task People_of_all_journeys_keep_their_positions_see_nothing_and_go_on_afterwards_with_what_came_meanwhile()
    {
        var shows = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));
        var waits = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("rest", "3600s"), Designs.Content("late"), Designs.End));
        foreach (var journey in new[] { shows, waits })
            await site.EnterAsync(journey, "u1");
        await site.HaltAsync();

        var report = await site.ReportAsync(shows, "u1", "one");
        var moved = await site.PassAsync(TimeSpan.FromHours(2));
        var positions = (await site.Sdk.ListPositionsAsync(new() { UserId = "u1" })).Journeys;
        await site.HaltAsync(false);
        foreach (var journey in new[] { shows, waits })
            await site.RunJobAsync(Job.Types.Kind.Release, journey);
        await site.PassAsync(TimeSpan.Zero);

        Assert.Equal((false, true, 0), (report.Applied, report.Held, moved));
        Assert.Equal(["one", "rest"], positions.Select(position => position.Enrollment.CurrentNodeId).Order());
        Assert.All(positions, position => Assert.Null(position.Step));
        Assert.Equal(["late", "two"], (await site.Sdk.ListPositionsAsync(new() { UserId = "u1" })).Journeys.Select(position => position.Step.NodeId).Order());
    }

    [Fact]
    public async Task Nobody_gets_in_by_any_way_and_the_refusal_says_why()
    {
        var audience = await site.AudienceAsync("""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""");
        var triggered = await site.PublishAsync(
            Designs.Row("", """{"id": "start", "trigger": {"customEvent": {"eventName": "begin"}}}""", Designs.Content("one"), Designs.End));
        var swept = await site.PublishAsync(
            Designs.Row($"\"autoEnroll\": true, \"audienceId\": \"{audience}\",", Designs.Start, Designs.Content("one"), Designs.End));
        await site.HaltAsync();

        var bySdk = await Assert.ThrowsAsync<RpcException>(() => site.EnterAsync(triggered, "u1"));
        var byApi = await Assert.ThrowsAsync<RpcException>(
            async () => await site.Enrollments.EnrollUsersAsync(new() { JourneyId = triggered.ToString(), UserIds = { "u1" } }));
        await site.DoAsync("u1", "begin");
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await site.RunJobAsync(Job.Types.Kind.AudienceSweep, swept);
        var meanwhile = (await site.EnrollmentsAsync(triggered)).Concat(await site.EnrollmentsAsync(swept)).ToList();
        await site.HaltAsync(false);
        await site.RunJobAsync(Job.Types.Kind.AudienceSweep, swept);

        Assert.Equal(["SITE_HALTED", "SITE_HALTED"], [ReasonOf(bySdk), ReasonOf(byApi)]);
        Assert.Empty(meanwhile);
        Assert.Single(await site.EnrollmentsAsync(swept));
    }

    [Fact]
    public async Task Journeys_move_meanwhile_and_are_afterwards_what_they_became()
    {
        var design = Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End);
        var paused = await site.PublishAsync(design);
        var pausedBefore = await site.PublishAsync(design);
        var resumed = await site.PublishAsync(design);
        await site.PauseAsync(pausedBefore);
        await site.PauseAsync(resumed);
        await site.HaltAsync();

        await site.PauseAsync(paused);
        await site.ResumeAsync(resumed);
        var published = await site.PublishAsync(design);
        var meanwhile = new List<string>();
        foreach (var journey in new[] { paused, pausedBefore, resumed, published })
            meanwhile.Add(ReasonOf(await Assert.ThrowsAsync<RpcException>(() => site.EnterAsync(journey, "u1"))));
        await site.HaltAsync(false);

        Assert.Equal(["JOURNEY_PAUSED", "JOURNEY_PAUSED", "SITE_HALTED", "SITE_HALTED"], meanwhile);
        foreach (var journey in new[] { resumed, published })
            Assert.True((await site.EnterAsync(journey, "u1")).Created);
        foreach (var journey in new[] { paused, pausedBefore })
            Assert.Equal("JOURNEY_PAUSED", ReasonOf(await Assert.ThrowsAsync<RpcException>(() => site.EnterAsync(journey, "u1"))));
    }

    [Fact]
    public async Task A_journey_that_somebody_holds_keeps_no_other_from_being_halted()
    {
        var design = Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End);
        var journeys = new List<Guid>();
        for (var n = 0; n < 3; n++)
            journeys.Add(await site.PublishAsync(design));
        await using var holder = await service.Database.OpenConnectionAsync();
        await using var held = await holder.BeginTransactionAsync();
        await holder.ExecuteAsync("select from enrollment.journey where journey_id = @id for share", new { id = journeys[0] }, held);

        var halting = site.HaltAsync();
        await Eventually.Equal(2, HaltedAsync, "journeys that nobody holds and that rest");
        await held.RollbackAsync();
        await halting;

        Assert.Equal(3, await HaltedAsync());

        async Task<int> HaltedAsync()
        {
            await using var connection = await service.Database.OpenConnectionAsync();
            return await connection.ExecuteScalarAsync<int>(
                "select count(*)::integer from enrollment.journey where site_id = @id and status = 'PAUSED'", new { id = site.Id });
        }
    }

    [Fact]
    public async Task A_journey_of_which_nothing_was_known_rests_too()
    {
        await site.HaltAsync();

        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));

        Assert.Equal("SITE_HALTED", ReasonOf(await Assert.ThrowsAsync<RpcException>(() => site.EnterAsync(journey, "u1"))));
    }

    [Fact]
    public async Task News_of_halts_count_by_their_numbers_however_they_come()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var (halt, resume) = (site.Halted(true), site.Halted(false));

        await site.Apply.JourneysHaltChangedAsync(resume, CancellationToken.None);
        await site.Apply.JourneysHaltChangedAsync(halt, CancellationToken.None);
        await site.Apply.JourneysHaltChangedAsync(resume, CancellationToken.None);

        Assert.True((await site.EnterAsync(journey, "u1")).Created);
    }

    [Fact]
    public async Task Other_sites_go_on()
    {
        var other = service.NewSite();
        var journey = await other.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));

        await site.HaltAsync();

        Assert.True((await other.EnterAsync(journey, "u1")).Created);
    }

    [Fact]
    public async Task After_the_answer_nobody_enters_though_many_are_about_to_and_no_later_call_moves_anybody()
    {
        var design = Designs.Row(
            "", """{"id": "start", "trigger": {"customEvent": {"eventName": "begin"}}}""", Designs.Content("one"), Designs.Content("one2"), Designs.End);
        var journeys = new[] { await site.PublishAsync(design), await site.PublishAsync(design), await site.PublishAsync(design) };
        var calls = Enumerable.Range(0, 60).Select(CallAsync).ToList();

        await site.HaltAsync();
        var enrolled = await CountAsync("enrollment");
        // A report that was read before the halt may still be stored a moment after it.
        await Task.WhenAll(calls);
        var visited = await CountAsync("visit");
        await Task.WhenAll(Enumerable.Range(0, 60).Select(CallAsync));

        Assert.Equal((enrolled, visited), (await CountAsync("enrollment"), await CountAsync("visit")));

        async Task CallAsync(int n)
        {
            await site.DoAsync($"u{n}", "begin");
            foreach (var journey in journeys)
                await Record.ExceptionAsync(() => site.ReportAsync(journey, $"u{n}", "one"));
        }
    }

    [Fact]
    public async Task Where_a_release_before_halts_lets_a_journey_go_on_the_next_comparison_finds_it()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.PauseAsync(journey);
        var halt = site.Halted(true);
        await site.Apply.JourneysHaltChangedAsync(halt, CancellationToken.None);
        await ExecuteAsync("update enrollment.journey set change_no = change_no + 1, status = 'PUBLISHED' where site_id = $1");

        var known = await service.Get<CopyQueries>().FindKnownAsync([(site.Id, site.Id)], CancellationToken.None);
        await site.Apply.HandleAsync(halt, CancellationToken.None);
        var mended = await service.Get<CopyQueries>().FindKnownAsync([(site.Id, site.Id)], CancellationToken.None);

        Assert.Equal((0, 1), (known[(site.Id, site.Id)].Number, mended[(site.Id, site.Id)].Number));
        Assert.Equal("SITE_HALTED", ReasonOf(await Assert.ThrowsAsync<RpcException>(() => site.EnterAsync(journey, "u1"))));
    }

    [Fact]
    public async Task What_a_pause_holds_is_released_by_the_job_that_a_resume_of_the_site_starts()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        var audience = Guid.CreateVersion7();
        await site.TellAllAsync(site.Audience(audience, 1, """{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}"""));
        var journey = Guid.CreateVersion7();
        await site.TellAllAsync(site.Published(
            journey, Designs.Row($"\"autoEnroll\": true, \"audienceId\": \"{audience}\",", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End)));
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await scheduler.PumpAsync();
        await site.TellAllAsync(site.Halted(true));
        await site.ReportAsync(journey, "u1", "one");
        await site.IdentifyAsync("u2", traits: """{"plan": "pro"}""");
        // Resumed while the site is halted: what it releases stays held.
        await site.TellAllAsync(new Events.JourneyPaused { State = site.Move(journey, Moved.Paused) });
        await site.TellAllAsync(new Events.JourneyResumed { State = site.Move(journey, Moved.Published) });
        await scheduler.PumpAsync();
        var meanwhile = Assert.Single(await site.EnrollmentsAsync(journey));

        await site.TellAllAsync(site.Halted(false));
        await scheduler.PumpAsync();

        Assert.Equal(("u1", "one"), (meanwhile.UserId, meanwhile.CurrentNodeId));
        Assert.Equal(["one", "two"], (await site.EnrollmentsAsync(journey)).Select(enrollment => enrollment.CurrentNodeId).Order());
    }

    [Fact]
    public async Task Why_says_that_the_site_is_halted()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.IdentifyAsync("u2");
        await site.HaltAsync();

        var inside = await site.Enrollments.ExplainUserAsync(new() { JourneyId = journey.ToString(), UserId = "u1" });
        var outside = await site.Enrollments.ExplainUserAsync(new() { JourneyId = journey.ToString(), UserId = "u2" });

        Assert.Equal((true, true), (inside.Enrollment.Waiting.Paused, inside.Enrollment.Waiting.SiteHalted));
        Assert.Contains("while the site is halted", inside.Summary, StringComparison.Ordinal);
        Assert.Contains(inside.Enrollment.Waiting.MovedBy, way => way.Contains("site is halted", StringComparison.Ordinal));
        Assert.StartsWith("The user is not in the journey. The site is halted", outside.Summary, StringComparison.Ordinal);
        Assert.True(outside.Checks.Single(check => check.Reason == "JOURNEY_PUBLISHED").Passed);
    }

    async Task<long> CountAsync(string table)
    {
        await using var command = service.Database.CreateCommand($"select count(*) from enrollment.{table} where site_id = $1");
        command.Parameters.Add(new() { Value = site.Id });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    async Task ExecuteAsync(string sql)
    {
        await using var command = service.Database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = site.Id });
        await command.ExecuteNonQueryAsync();
    }

    static string ReasonOf(RpcException exception) => exception.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason;
}
