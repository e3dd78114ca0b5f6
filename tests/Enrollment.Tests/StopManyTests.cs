using Dapper;
using Google.Protobuf;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Enrollments.Jobs;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.RuleQueries;
using Journeys.Enrollments.Stops;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Scheduler.V1;
using Journeys.Testing;
using Microsoft.Extensions.Options;
using Npgsql;
using Events = Journeys.Protos.Events.V1;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Rule = Journeys.Protos.Rule.V1.Rule;
using Selection = Journeys.Protos.Enrollment.V1.Selection;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Many people of a journey are stopped at once, each as if they were stopped alone; whoever is not meant stays.</summary>
public sealed class StopManyTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const int Limit = 7;
    const string Forgotten = "Enrollment no longer has the selection of this stop: a database was restored from a backup, or the job ended more than a day ago. Create the stop again.";

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_preview_counts_who_matches_by_node_and_shows_some()
    {
        var journey = await TwoNodesAsync(people: 25, moved: 10);

        var preview = await site.Stops.PreviewStopAsync(new() { JourneyId = $"{journey}", Selection = new() { All = true } });

        Assert.Equal(25, preview.People);
        Assert.Equal(
            [new StopPreview.Types.Node { NodeId = "one", People = 15 }, new StopPreview.Types.Node { NodeId = "rest", People = 10 }], preview.Nodes);
        Assert.Equal(10, preview.Examples.Count);
        Assert.Equal(25, await ActiveAsync(journey));
    }

    [Theory]
    [InlineData("""{"all": true}""", 6)]
    [InlineData("""{"nodeIds": ["rest"]}""", 3)]
    [InlineData("""{"nodeIds": ["rest", "one"]}""", 6)]
    [InlineData("""{"nodeIds": ["elsewhere"]}""", 0)]
    [InlineData("""{"versions": [2]}""", 2)]
    [InlineData("""{"versions": [1]}""", 4)]
    [InlineData("""{"userIds": ["u0", "u1", "u5", "nobody"]}""", 3)]
    [InlineData("""{"userIds": ["nobody"]}""", 0)]
    [InlineData("""{"rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}}""", 2)]
    [InlineData("""{"rule": {"not": {"rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}}}}""", 4)]
    [InlineData("""{"nodeIds": ["rest"], "versions": [1], "userIds": ["u0", "u1", "u3"]}""", 2)]
    [InlineData("""{"nodeIds": ["one"], "rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}}""", 1)]
    public async Task A_selection_means_those_for_whom_all_of_it_holds(string selection, int people)
    {
        var journey = await TwoVersionsAsync();
        var given = JsonParser.Default.Parse<Selection>(selection);

        var preview = await site.Stops.PreviewStopAsync(new() { JourneyId = $"{journey}", Selection = given });
        var job = await site.Stops.CreateStopAsync(new() { JourneyId = $"{journey}", Selection = given, Reason = "enough" });
        var stopped = await site.RunJobAsync(Kind.Stop, journey, job.SubjectId);

        Assert.Equal((people, people, people), (preview.People, job.Total, stopped));
        Assert.Equal(6 - people, await ActiveAsync(journey));
    }

    [Theory]
    [InlineData("{}", "selection")]
    [InlineData("""{"all": true, "nodeIds": ["one"]}""", "selection")]
    [InlineData("""{"nodeIds": [""]}""", "selection.nodeIds[0]")]
    [InlineData("""{"versions": [1, 0]}""", "selection.versions[1]")]
    [InlineData("""{"userIds": ["u1", ""]}""", "selection.userIds[1]")]
    [InlineData("""{"rule": {}}""", "selection.rule")]
    [InlineData("""{"rule": {"condition": {"field": "journey.one.outcome", "operator": "EXISTS"}}}""", "selection.rule.condition.field")]
    public async Task A_selection_that_cannot_be_is_refused_by_both_calls(string selection, string field)
    {
        var journey = await TwoNodesAsync(people: 1, moved: 0);
        var given = JsonParser.Default.Parse<Selection>(selection);

        var previewing = await Assert.ThrowsAsync<RpcException>(
            () => site.Stops.PreviewStopAsync(new() { JourneyId = $"{journey}", Selection = given }).ResponseAsync);
        var creating = await Assert.ThrowsAsync<RpcException>(
            () => site.Stops.CreateStopAsync(new() { JourneyId = $"{journey}", Selection = given, Reason = "enough" }).ResponseAsync);

        Assert.Equal([field, field], [FieldOf(previewing), FieldOf(creating)]);
    }

    [Fact]
    public async Task A_selection_has_at_most_1000_users_and_500_nodes()
    {
        var journey = await TwoNodesAsync(people: 1, moved: 0);
        var many = Enumerable.Range(0, 1_001).Select(n => $"x{n}").ToList();

        foreach (var (selection, field) in new[] { (new Selection { UserIds = { many } }, "selection.userIds"), (new Selection { NodeIds = { many.Take(501) } }, "selection.nodeIds") })
        {
            var refused = await Assert.ThrowsAsync<RpcException>(
                () => site.Stops.PreviewStopAsync(new() { JourneyId = $"{journey}", Selection = selection }).ResponseAsync);
            Assert.Equal(field, FieldOf(refused));
        }

        Assert.Equal(0, (await site.Stops.PreviewStopAsync(new() { JourneyId = $"{journey}", Selection = new() { UserIds = { many.Take(1_000) } } })).People);
    }

    [Theory]
    [InlineData("""{"reason": ""}""", "reason")]
    [InlineData("""{"reason": "  "}""", "reason")]
    [InlineData("""{"reason": "x", "peoplePerSecond": 0}""", "peoplePerSecond")]
    [InlineData("""{"reason": "x", "peoplePerSecond": -1}""", "peoplePerSecond")]
    [InlineData("""{"reason": "x", "peoplePerSecond": 5001}""", "peoplePerSecond")]
    [InlineData("""{"reason": "x", "expectedPeople": -1}""", "expectedPeople")]
    [InlineData("""{"reason": "x", "undoWithin": "-1s"}""", "undoWithin")]
    [InlineData("""{"reason": "x", "undoWithin": "2592000.1s"}""", "undoWithin")]
    public async Task A_stop_without_a_reason_or_with_a_wrong_rate_is_refused(string request, string field)
    {
        var journey = await TwoNodesAsync(people: 1, moved: 0);
        var given = JsonParser.Default.Parse<CreateStopRequest>(request);
        (given.JourneyId, given.Selection) = ($"{journey}", new() { All = true });

        Assert.Equal(field, FieldOf(await Assert.ThrowsAsync<RpcException>(() => site.Stops.CreateStopAsync(given).ResponseAsync)));
        given = new() { JourneyId = $"{journey}", Selection = new() { All = true }, Reason = new string('x', 501) };
        Assert.Equal("reason", FieldOf(await Assert.ThrowsAsync<RpcException>(() => site.Stops.CreateStopAsync(given).ResponseAsync)));
        Assert.Equal(1, await ActiveAsync(journey));
    }

    [Fact]
    public async Task Nobody_stops_people_of_a_journey_that_is_not_there_or_of_another_site()
    {
        var foreign = await new TestSite(service).PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);

        foreach (var journey in new[] { foreign, Guid.CreateVersion7() })
        {
            var refused = await Assert.ThrowsAsync<RpcException>(
                () => site.Stops.CreateStopAsync(new() { JourneyId = $"{journey}", Selection = new() { All = true }, Reason = "enough" }).ResponseAsync);
            Assert.Equal("JOURNEY_NOT_FOUND", ReasonOf(refused));
        }
    }

    [Theory]
    [InlineData(30, 20, false)]
    [InlineData(31, 20, true)]
    [InlineData(31, 21, false)]
    [InlineData(3, 40, false)]
    public async Task Who_expected_far_fewer_people_is_told_and_nobody_is_stopped(int people, int expected, bool isRefused)
    {
        var journey = await TwoNodesAsync(people, moved: 0);
        var request = new CreateStopRequest { JourneyId = $"{journey}", Selection = new() { All = true }, Reason = "enough", ExpectedPeople = expected, RequestId = $"{journey}" };

        if (!isRefused)
        {
            Assert.Equal(people, (await site.Stops.CreateStopAsync(request)).Total);
            return;
        }

        var refused = await Assert.ThrowsAsync<RpcException>(() => site.Stops.CreateStopAsync(request).ResponseAsync);
        Assert.Equal((StatusCode.Aborted, "IMPACT_CHANGED"), (refused.StatusCode, ReasonOf(refused)));
        Assert.Contains("31 people match now, but 20 were expected", refused.Status.Detail, StringComparison.Ordinal);
        // The id of a refused request is not used up.
        request.ExpectedPeople = 31;
        Assert.Equal(31, (await site.Stops.CreateStopAsync(request)).Total);
    }

    [Fact]
    public async Task A_repeat_starts_the_same_job_and_another_request_under_its_id_is_refused()
    {
        var journey = await TwoNodesAsync(people: 3, moved: 0);
        var request = new CreateStopRequest { JourneyId = $"{journey}", Selection = new() { All = true }, Reason = "enough", RequestId = "r1", PeoplePerSecond = 10 };

        var jobs = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => site.Stops.CreateStopAsync(request).ResponseAsync));
        await site.RunJobAsync(Kind.Stop, journey, jobs[0].SubjectId);
        var again = await site.Stops.CreateStopAsync(request);
        request.Reason = "something else";
        var refused = await Assert.ThrowsAsync<RpcException>(() => site.Stops.CreateStopAsync(request).ResponseAsync);

        Assert.Single(jobs.Append(again).Select(job => job.Id).Distinct());
        Assert.Equal(3, again.Total);
        Assert.Equal(10, service.Desk.Started[again.Id].PeoplePerSecond);
        Assert.Equal("REQUEST_ID_REUSED", ReasonOf(refused));
    }

    [Fact]
    public async Task Everybody_who_is_meant_is_stopped_over_several_chunks_with_a_fact_and_a_note()
    {
        var journey = await TwoNodesAsync(people: 40, moved: 30);
        var job = await site.Stops.CreateStopAsync(new() { JourneyId = $"{journey}", Selection = new() { NodeIds = { "rest" } }, Reason = "wrong plan" });

        var result = await RunAsync(journey, job);

        Assert.Equal((30, 30), (result.Done, result.Changed));
        var enrollments = await site.EnrollmentsAsync(journey);
        var stopped = enrollments.Where(enrollment => enrollment.Status == Status.Stopped).ToList();
        Assert.Equal((30, 10), (stopped.Count, enrollments.Count(enrollment => enrollment.Status == Status.Active)));
        Assert.All(stopped, enrollment => Assert.Equal(("API", "rest"), (enrollment.StopReason, enrollment.CurrentNodeId)));
        var facts = (await site.SentAsync<Events.EnrollmentStopped>()).SelectMany(message => message.Enrollments).Where(fact => fact.JourneyId == $"{journey}").ToList();
        Assert.Equal(stopped.Select(enrollment => enrollment.Id).Order(), facts.Select(fact => fact.EnrollmentId).Order());
        Assert.All(facts, fact => Assert.Equal("API", fact.StopReason));
        var visits = await site.Enrollments.ListVisitsAsync(new() { JourneyId = $"{journey}", EnrollmentId = stopped[0].Id });
        Assert.Contains($"stopped by job {job.SubjectId}: wrong plan", Assert.Single(visits.Visits[^1].Notes), StringComparison.Ordinal);
        var cancelled = (await site.SentAsync<Events.TimersCancelled>()).SelectMany(message => message.Timers).Count(timer => timer.JourneyId == $"{journey}");
        Assert.Equal(30, cancelled);
        await StoredState.CheckAsync(service, site.Id);
        // A timer that was on its way moves nobody.
        await site.PassAsync(TimeSpan.FromDays(2));
        Assert.Equal(30, (await site.EnrollmentsAsync(journey)).Count(enrollment => enrollment.Status == Status.Stopped));
    }

    [Fact]
    public async Task Who_ends_moves_on_is_erased_or_enters_between_chunks_is_left_alone()
    {
        var journey = await TwoNodesAsync(people: 20, moved: 0);
        var job = await site.Stops.CreateStopAsync(new() { JourneyId = $"{journey}", Selection = new() { NodeIds = { "one" } }, Reason = "enough" });

        // Those whom the first chunk does not reach.
        var last = (await site.EnrollmentsAsync(journey)).OrderByDescending(enrollment => Guid.Parse(enrollment.Id)).Select(enrollment => enrollment.UserId).ToList();

        var result = await RunAsync(journey, job, between: async no =>
        {
            if (no != 1)
                return;
            await site.StopAsync(journey, last[0]);
            await site.ReportAsync(journey, last[1], "one");
            await site.Profiles.EraseUserAsync(new() { UserId = last[2] });
            service.Clock.Advance(TimeSpan.FromSeconds(1));
            await site.EnterAsync(journey, "late");
        });

        Assert.Equal((17, 17), (result.Done, result.Changed));
        var left = (await site.EnrollmentsAsync(journey)).Where(enrollment => enrollment.Status == Status.Active).Select(enrollment => enrollment.UserId);
        Assert.Equal(new[] { "late", last[1] }.Order(), left.Order());
        Assert.Equal("OPT_OUT", (await site.EnrollmentsAsync(journey)).Single(enrollment => enrollment.UserId == last[0]).StopReason);
    }

    [Fact]
    public async Task Whoever_moves_on_while_a_chunk_waits_for_them_is_left_alone()
    {
        var journey = await TwoNodesAsync(people: 1, moved: 0);
        var job = await site.Stops.CreateStopAsync(new() { JourneyId = $"{journey}", Selection = new() { NodeIds = { "one" } }, Reason = "enough" });
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var first = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("select from enrollment.enrollment where site_id = @Id for update", new { site.Id }, first);
        var moving = site.ReportAsync(journey, "u0", "one");
        await Eventually.True(async () => await service.Database.CountWaitersAsync() == 1, "the report to wait");
        var stopping = site.RunJobAsync(Kind.Stop, journey, job.SubjectId);
        await Eventually.True(async () => await service.Database.CountWaitersAsync() == 2, "the chunk to wait behind it");

        await first.RollbackAsync();

        await moving;
        Assert.Equal(0, await stopping);
        Assert.Equal(1, await ActiveAsync(journey));
    }

    [Theory]
    [InlineData("paused")]
    [InlineData("halted")]
    public async Task People_of_a_journey_that_rests_are_stopped_too(string rest)
    {
        var journey = await TwoNodesAsync(people: 9, moved: 4);
        await (rest == "paused" ? site.PauseAsync(journey) : site.HaltAsync());
        await site.ReportAsync(journey, "u8", "one");

        var job = await site.Stops.CreateStopAsync(new() { JourneyId = $"{journey}", Selection = new() { All = true }, Reason = "enough" });
        var result = await RunAsync(journey, job);

        Assert.Equal(9, result.Changed);
        Assert.Equal(0, await ActiveAsync(journey));
        await StoredState.CheckAsync(service, site.Id);
    }

    [Fact]
    public async Task Stopped_people_come_back_where_the_journey_lets_them()
    {
        var journey = await site.PublishAsync(Designs.Row("\"reEnrollment\": \"AFTER_EARLY_EXIT\",", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u1");
        var job = await site.Stops.CreateStopAsync(new() { JourneyId = $"{journey}", Selection = new() { All = true }, Reason = "enough" });
        await site.RunJobAsync(Kind.Stop, journey, job.SubjectId);

        service.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True((await site.EnterAsync(journey, "u1")).Created);
        // The same stop, once more, is not about the new attempt.
        Assert.Equal(0, await site.RunJobAsync(Kind.Stop, journey, job.SubjectId));
        Assert.Equal(1, await ActiveAsync(journey));
    }

    // Else `not` would mean everybody.
    [Fact]
    public async Task An_audience_that_does_not_exist_is_refused_and_fails_a_job_if_it_was_deleted_meanwhile()
    {
        var journey = await TwoNodesAsync(people: 3, moved: 0);
        var audience = await site.AudienceAsync("""{"condition": {"field": "userId", "operator": "EXISTS"}}""");
        var but = new Selection { Rule = new() { Not = new() { Rule = new() { Audience = new() { AudienceId = $"{audience}" } } } } };
        var request = new CreateStopRequest { JourneyId = $"{journey}", Selection = but, Reason = "enough" };

        var job = await site.Stops.CreateStopAsync(request);
        Assert.Equal(0, job.Total);
        var deleted = site.Audience(audience, 2, "{}");
        (deleted.Deleted, deleted.Rule) = (true, null);
        await site.Apply.AudienceChangedAsync(deleted, CancellationToken.None);
        var problem = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(journey, job));
        var refused = await Assert.ThrowsAsync<RpcException>(() => site.Stops.CreateStopAsync(request).ResponseAsync);

        Assert.Equal("The rule of the stop names an audience that does not exist.", problem.Message);
        Assert.Equal("selection.rule", FieldOf(refused));
        Assert.Equal(3, await ActiveAsync(journey));
    }

    [Fact]
    public async Task A_job_whose_stop_is_not_known_fails_and_says_what_to_do()
    {
        var journey = await TwoNodesAsync(people: 1, moved: 0);

        var problem = await Assert.ThrowsAsync<InvalidOperationException>(
            () => new JobRunner(site, Limit).RunAsync(Kind.Stop, journey, $"{Guid.NewGuid()}"));

        Assert.Equal(Forgotten, problem.Message);
        Assert.Equal(1, await ActiveAsync(journey));
    }

    // A rule may name a person. Without it the stop would mean everybody.
    [Fact]
    public async Task A_day_after_its_job_a_stop_has_no_rule_and_means_nobody()
    {
        var journey = await TwoNodesAsync(people: 3, moved: 0);
        var rule = JsonParser.Default.Parse<Rule>("""{"condition": {"field": "userId", "operator": "EQ", "value": "u1"}}""");
        var job = await site.Stops.CreateStopAsync(new() { JourneyId = $"{journey}", Selection = new() { Rule = rule }, Reason = "enough" });
        var chunk = new Events.ChunkRequested
        {
            JobId = job.Id,
            SiteId = $"{site.Id}",
            Kind = Kind.Stop,
            ChunkNo = 1,
            Limit = Limit,
            JourneyId = $"{journey}",
            SubjectId = job.SubjectId,
        };
        await service.Get<ProcessChunk>().HandleAsync(chunk, CancellationToken.None);
        service.Desk.Ended[job.Id] = true;
        service.Clock.Advance(TimeSpan.FromDays(2));

        await service.Get<ForgetChunks>().RunOnceAsync(CancellationToken.None);

        await using (var connection = await service.Database.OpenConnectionAsync())
        {
            Assert.Equal((false, 0), await connection.QuerySingleAsync<(bool, int)>(
                "select rule is not null, cardinality(profile_ids) from enrollment.stop where stop_id = @id", new { id = Guid.Parse(job.Id) }));
        }

        // As after a restore of the Scheduler's database.
        var problem = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(journey, job));
        Assert.Equal(Forgotten, problem.Message);
        Assert.Equal(2, await ActiveAsync(journey));
    }

    [Fact]
    public async Task A_Scheduler_of_the_release_before_is_no_fault_of_the_caller()
    {
        var journey = await TwoNodesAsync(people: 1, moved: 0);
        var request = new CreateStopRequest { JourneyId = $"{journey}", Selection = new() { All = true }, Reason = "enough", RequestId = "older" };

        service.Desk.IsOlder = true;
        var refused = await Assert.ThrowsAsync<RpcException>(() => site.Stops.CreateStopAsync(request).ResponseAsync);
        service.Desk.IsOlder = false;

        Assert.Equal((StatusCode.Unavailable, "TRY_AGAIN"), (refused.StatusCode, ReasonOf(refused)));
        Assert.Equal(1, (await site.Stops.CreateStopAsync(request)).Total);
    }

    [Fact]
    public async Task A_cancelled_stop_leaves_the_others_inside_and_a_late_chunk_does_nothing()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service, "--Scheduler:PeoplePerChunk=7");
        var journey = await TwoNodesAsync(people: 20, moved: 0);
        var job = await site.Stops.CreateStopAsync(new() { JourneyId = $"{journey}", Selection = new() { All = true }, Reason = "enough" });
        await scheduler.SendAsync();
        await Eventually.Equal(13, () => ActiveAsync(journey), "the first chunk");
        await Eventually.True(async () =>
        {
            await service.Get<OutboxRelay>().RunOnceAsync(CancellationToken.None);
            return (await scheduler.JobsOf(site).GetJobAsync(new() { Id = job.Id })).Done == 7;
        }, "its answer");

        await scheduler.JobsOf(site).CancelJobAsync(new() { Id = job.Id });
        await scheduler.PumpAsync();
        await service.Get<ProcessChunk>().HandleAsync(
            new() { JobId = job.Id, SiteId = $"{site.Id}", Kind = Kind.Stop, ChunkNo = 2, Limit = 500, JourneyId = $"{journey}", SubjectId = job.SubjectId },
            CancellationToken.None);

        Assert.Equal(13, await ActiveAsync(journey));
        Assert.Equal(Job.Types.Status.Cancelled, (await scheduler.JobsOf(site).GetJobAsync(new() { Id = job.Id })).Status);
    }

    [Fact]
    public async Task A_rule_that_takes_the_database_too_long_is_refused_and_a_job_that_waits_for_a_lock_is_tried_again()
    {
        var journey = await TwoNodesAsync(people: 5, moved: 0);
        await using var people = People(timeoutSeconds: 1);
        var selection = await RuledAsync(journey);
        await using var locked = await LockEverybodyAsync();

        var refused = await Assert.ThrowsAsync<Refused>(() => people.CountAsync(selection, 10, CancellationToken.None));
        var waited = await Assert.ThrowsAsync<PostgresException>(() => PartAsync(people, selection, Guid.Empty, 100));

        Assert.Equal("RULE_TOO_SLOW", refused.Reason);
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, waited.SqlState);
    }

    [Fact]
    public async Task Previews_keep_nobody_from_stopping_people()
    {
        var journey = await TwoNodesAsync(people: 2, moved: 0);
        var locked = await LockEverybodyAsync();
        var previews = Enumerable.Range(0, 6)
            .Select(_ => site.Stops.PreviewStopAsync(new() { JourneyId = $"{journey}", Selection = new() { All = true } }).ResponseAsync)
            .ToList();
        await Eventually.True(() => Task.FromResult(previews.Any(preview => preview.IsFaulted)), "a preview to be refused");

        var creating = site.Stops.CreateStopAsync(new() { JourneyId = $"{journey}", Selection = new() { All = true }, Reason = "enough" }).ResponseAsync;
        await locked.DisposeAsync();

        Assert.Equal(2, (await creating).Total);
        await Task.WhenAll(previews.Select(preview => Record.ExceptionAsync(() => preview)));
    }

    [Fact]
    public async Task Those_who_are_meant_are_found_wherever_the_windows_end()
    {
        var journey = await TwoNodesAsync(people: 9, moved: 4);
        await using var people = People(timeoutSeconds: 10, window: 3);
        var selection = (await RuledAsync(journey)) with { NodeIds = ["one"] };

        var found = new List<Guid>();
        for (var (after, parts) = (Guid.Empty, 0); parts < 20; parts++)
        {
            var part = (await PartAsync(people, selection, after, 2))!;
            found.AddRange(part.Found);
            if (part.Last is not { } last)
                break;
            after = last;
        }

        var expected = (await site.EnrollmentsAsync(journey)).Where(enrollment => enrollment.CurrentNodeId == "one").Select(enrollment => Guid.Parse(enrollment.Id));
        Assert.Equal(expected.Order(), found);
    }

    SelectionQueries People(int timeoutSeconds, int window = 50_000) => new(
        service.Database, service.Get<JourneyCatalog>(),
        Options.Create(new AudienceOptions { PreviewTimeoutSeconds = timeoutSeconds, SweepTimeoutSeconds = timeoutSeconds, SweepWindow = window }),
        TimeProvider.System);

    async Task<Stops.Selection> RuledAsync(Guid journey)
    {
        var rule = JsonParser.Default.Parse<Rule>("""{"not": {"rule": {"condition": {"field": "traits.none", "operator": "EXISTS"}}}}""");
        var site = await service.Get<JourneyCatalog>().NowAsync(this.site.Id, CancellationToken.None);
        return Stops.Selection.Read(this.site.Id, journey, new() { Rule = rule }, site).Selection;
    }

    async Task<FoundPart<Guid>?> PartAsync(SelectionQueries people, Stops.Selection selection, Guid after, int limit)
    {
        var catalog = await service.Get<JourneyCatalog>().NowAsync(site.Id, CancellationToken.None);
        return await service.Database.InTransactionAsync(
            transaction => people.FindPartAsync(transaction, selection, catalog, after, limit, CancellationToken.None), CancellationToken.None);
    }

    // Whoever reads profiles waits until it is disposed of.
    async Task<NpgsqlConnection> LockEverybodyAsync()
    {
        var connection = await service.Database.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "begin; lock table enrollment.profile in access exclusive mode";
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    Task<(int Done, int Changed, int Total)> RunAsync(Guid journey, Job job, Func<int, Task>? between = null) =>
        new JobRunner(site, Limit).RunAsync(Kind.Stop, journey, job.SubjectId, between: between);

    async Task<int> ActiveAsync(Guid journey) => (await site.EnrollmentsAsync(journey)).Count(enrollment => enrollment.Status == Status.Active);

    // People u0, u1 and so on at the content `one`, the first of them a node further, where they rest.
    async Task<Guid> TwoNodesAsync(int people, int moved)
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Wait("rest", "86400s"), Designs.End));
        await site.Enrollments.EnrollUsersAsync(new() { JourneyId = $"{journey}", UserIds = { Enumerable.Range(0, people).Select(n => $"u{n}") } });
        for (var n = 0; n < moved; n++)
            await site.ReportAsync(journey, $"u{n}", "one");
        return journey;
    }

    // u0 to u3 in version 1, u4 and u5 in version 2; u0, u1 and u4 rest; u0 and u5 are pro.
    async Task<Guid> TwoVersionsAsync()
    {
        var design = Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Wait("rest", "86400s"), Designs.End);
        var journey = await site.PublishAsync(design);
        foreach (var n in Enumerable.Range(0, 6))
        {
            if (n == 4)
                await site.PublishAsync(design, journey);
            await site.IdentifyAsync($"u{n}", traits: n is 0 or 5 ? """{"plan": "pro"}""" : """{"plan": "free"}""");
            await site.EnterAsync(journey, $"u{n}");
            if (n is 0 or 1 or 4)
                await site.ReportAsync(journey, $"u{n}", "one");
        }

        return journey;
    }

    static string ReasonOf(RpcException exception) => exception.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason;

    static string FieldOf(RpcException exception) => exception.GetRpcStatus()!.GetDetail<Google.Rpc.BadRequest>()!.FieldViolations[0].Field;
}
