using Dapper;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.Enrollments.Simulations;
using Journeys.PopulationSimulation;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Options.V1;
using Journeys.Protos.Simulation.V1;
using Journeys.Testing;
using Status = Journeys.Protos.Enrollment.V1.Simulation.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Journeys that are tried out on people in virtual time: the queue, the worker, what is answered, and that nothing else comes of it.</summary>
public sealed class SimulationTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string Some = """{"population": {"invented": {"people": 300}}, "entry": {"allAtOnce": {}}, "startTime": "2026-03-02T00:00:00Z"}""";

    readonly TestSite site = service.NewSite();

    SimulationService.SimulationServiceClient Simulations => new(site.As(Access.Types.Role.Editor));

    static string Tour => Designs.Graph(
        "", [Designs.Start, Designs.Content("tour"), Designs.Wait("rest", "86400s"), Designs.End],
        [("start", "", "tour"), ("tour", "", "rest"), ("tour", "dismissed", "end"), ("rest", "", "end")]);

    [Fact]
    public async Task A_draft_is_tried_out_with_the_result_of_the_offline_program()
    {
        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: false);
        var design = JsonParser.Default.Parse<Design>(Tour);
        var draft = await definition.JourneysOf(site).CreateJourneyAsync(new() { Name = design.Name, Graph = design.Graph });
        var request = Request("""
            {"population": {"invented": {"people": 300}}, "entry": {"allAtOnce": {}}, "startTime": "2026-03-02T00:00:00Z",
             "assertions": [{"share": {"of": "OUTCOME", "name": "done", "atLeast": 10000}}]}
            """);

        var created = await Simulations.CreateSimulationAsync(new() { JourneyId = draft.Id, Request = request });
        Assert.Equal((Status.Queued, 300), (created.Status, created.Total));
        Assert.Equal(request, created.Request);
        await RunAsync();

        var simulation = await Simulations.GetSimulationAsync(new() { JourneyId = draft.Id, Id = created.Id });
        var exported = await definition.JourneysOf(site).ExportJourneyAsync(new() { Id = draft.Id });
        // As services/Simulate makes it of the files.
        var offline = Simulator.Run(new(Guid.Empty, exported.Design, exported.Audiences, request, DateTimeOffset.UnixEpoch));
        Assert.Equal((Status.Completed, 300, "test"), (simulation.Status, simulation.Done, simulation.Creator));
        Assert.Equal((offline.Digest, offline.Report.InputDigest), (simulation.ReportDigest, simulation.InputDigest));
        Assert.Equal(offline.Report, await Simulations.GetReportAsync(new() { JourneyId = draft.Id, Id = created.Id }));
        Assert.False(simulation.Passed);
        Assert.Equal((300, 1, 1), (simulation.Summary.Entered, simulation.Summary.Assertions, simulation.Summary.AssertionsFailed));
        Assert.Equal(300, simulation.Summary.Completed + simulation.Summary.Active);

        var noVersion = await RefusedAsync(StatusCode.NotFound, () => Simulations.CreateSimulationAsync(new() { JourneyId = draft.Id, Design = new() { Version = 3 }, Request = request }));
        Assert.Equal("VERSION_NOT_FOUND", noVersion);
    }

    [Fact]
    public async Task A_given_design_is_compared_with_a_version_and_audiences_are_those_of_the_site()
    {
        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
        var audience = await site.AudienceAsync("""{"condition": {"field": "traits.plan", "operator": "EXISTS"}}""");
        var design = JsonParser.Default.Parse<Design>(Tour);
        var journey = await definition.JourneysOf(site).CreateJourneyAsync(new() { Name = design.Name, Graph = design.Graph });
        await definition.JourneysOf(site).PublishJourneyAsync(new() { Id = journey.Id });
        var given = JsonParser.Default.Parse<Design>(Tour.Replace("86400s", "172800s", StringComparison.Ordinal));
        given.AudienceId = audience.ToString();
        var request = Request(Some);

        var created = await Simulations.CreateSimulationAsync(
            new() { JourneyId = journey.Id, Design = new() { Given = given }, Baseline = new() { Version = 1 }, Request = request });
        await RunAsync();

        var report = await Simulations.GetReportAsync(new() { JourneyId = journey.Id, Id = created.Id });
        Assert.Equal((300, 300), (report.Design.Entered, report.Baseline.Entered));
        Assert.NotNull(report.Comparison);
        Assert.Equal(new DesignChoice { Given = new() }, created.Design);
        Assert.Equal(new DesignChoice { Version = 1 }, created.Baseline);

        given.AudienceId = Guid.NewGuid().ToString();
        Assert.Equal("GRAPH_INVALID", await RefusedAsync(
            StatusCode.FailedPrecondition, () => Simulations.CreateSimulationAsync(new() { JourneyId = journey.Id, Design = new() { Given = given }, Request = request })));
    }

    [Fact]
    public async Task People_are_listed_by_what_became_of_them_and_each_is_read_with_every_step()
    {
        var (journey, id) = await TryAsync(Some);
        ListSimulatedPeopleRequest Those(Action<ListSimulatedPeopleRequest> by)
        {
            var request = new ListSimulatedPeopleRequest { JourneyId = journey, Id = id, PageSize = 200 };
            by(request);
            return request;
        }

        var all = new List<SimulatedPerson>();
        var page = await Simulations.ListSimulatedPeopleAsync(Those(_ => { }));
        foreach (var person in page.People)
            all.Add(await Simulations.GetSimulatedPersonAsync(new() { JourneyId = journey, Id = id, Index = person.Index }));

        Assert.Equal(200, all.Count);
        Assert.Equal(page.People.Select(person => person.Index).Order(), page.People.Select(person => person.Index));
        var dismissed = all.Where(person => person.Attempts[0].Visits.Any(visit => visit.Branch == "dismissed")).Select(person => person.Index).ToList();
        Assert.NotEmpty(dismissed);
        Assert.Equal(dismissed, await IndexesAsync(request => (request.NodeId, request.Branch) = ("tour", "dismissed")));
        var rested = all.Where(person => person.Attempts[0].Visits.Any(visit => visit.NodeId == "rest")).Select(person => person.Index).ToList();
        Assert.Equal(rested, await IndexesAsync(request => (request.NodeId, request.Branch) = ("tour", "")));
        Assert.Equal(rested, await IndexesAsync(request => request.NodeId = "rest"));
        Assert.Equal(page.People.Where(person => person.Ending == "done").Select(person => person.Index), await IndexesAsync(request => request.Ending = "done"));
        Assert.Equal(page.People.Where(person => person.Findings.Contains("STUCK_FOREVER")).Select(person => person.Index), await IndexesAsync(request => request.Finding = "STUCK_FOREVER"));
        Assert.NotEmpty(await IndexesAsync(request => request.Finding = "STUCK_FOREVER"));

        var first = await Simulations.ListSimulatedPeopleAsync(Those(request => request.PageSize = 1));
        var second = await Simulations.ListSimulatedPeopleAsync(Those(request => (request.PageSize, request.PageToken) = (1, first.NextPageToken)));
        Assert.Equal(page.People.Take(2), first.People.Concat(second.People));
        await RefusedAsync(StatusCode.InvalidArgument, () => Simulations.ListSimulatedPeopleAsync(Those(request => request.Branch = "x")));
        Assert.Equal("SIMULATED_PERSON_NOT_FOUND", await RefusedAsync(
            StatusCode.NotFound, () => Simulations.GetSimulatedPersonAsync(new() { JourneyId = journey, Id = id, Index = 300 })));

        async Task<IEnumerable<int>> IndexesAsync(Action<ListSimulatedPeopleRequest> by) =>
            (await Simulations.ListSimulatedPeopleAsync(Those(by))).People.Select(person => person.Index);
    }

    [Theory]
    [InlineData("""{}""", "request.population.invented")]
    [InlineData("""{"population": {"invented": {"people": 200001}}}""", "request.population.invented.people")]
    [InlineData("""{"population": {"invented": {"people": -1}}}""", "request.population.invented.people")]
    [InlineData("""{"population": {"invented": {"people": 9}}, "horizon": "0s"}""", "request.horizon")]
    [InlineData("""{"population": {"invented": {"people": 9}}, "horizon": "-1s"}""", "request.horizon")]
    [InlineData("""{"population": {"invented": {"people": 9}}, "horizon": "34646400s"}""", "request.horizon")]
    [InlineData("""{"population": {"invented": {"people": 9}}, "behavior": {"contents": [{"nodeId": "nowhere"}]}}""", "request.behavior.contents[0].nodeId")]
    [InlineData("""{"population": {"invented": {"people": 9}}, "behavior": {"contents": [{"outcomes": [{"outcome": "COMPLETED", "share": 9999}]}]}}""", "request.behavior.contents[0].outcomes")]
    public async Task What_cannot_be_simulated_is_refused_with_its_field_and_not_stored(string request, string field)
    {
        var journey = await site.PublishAsync(Tour);

        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await CreateAsync(journey, request));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.Contains(refusal.GetRpcStatus()!.GetDetail<Google.Rpc.BadRequest>()!.FieldViolations, violation => violation.Field == field);
        Assert.Empty((await Simulations.ListSimulationsAsync(new() { JourneyId = $"{journey}" })).Simulations);
    }

    [Fact]
    public async Task What_is_empty_too_large_or_of_somebody_else_is_refused()
    {
        var journey = await site.PublishAsync(Tour);
        var tooMany = Request(Some);
        tooMany.Assertions.Add(Enumerable.Repeat(new Assertion { Coverage = new() }, 10_001));
        var tooLarge = Request(Some);
        tooLarge.Behavior = new() { Activities = { new Behavior.Types.Activity { EventName = "e", DailyAt = "10:00", Properties = { new DataGenerator { Path = "x", Constant = Value.ForString(new string('x', 257 * 1024)) } } } } };
        var unreal = Request(Some);
        unreal.Behavior = new() { TraitChanges = { new Behavior.Types.TraitChange { Trait = "x", Value = Value.ForNumber(double.NaN), After = new() { Entry = true } } } };

        Assert.Equal("POPULATION_EMPTY", await RefusedAsync(StatusCode.FailedPrecondition, () => Call(Request("""{"population": {"invented": {}}}"""))));
        foreach (var request in new[] { tooMany, tooLarge, unreal })
            Assert.Equal("INVALID_INPUT", await RefusedAsync(StatusCode.InvalidArgument, () => Call(request)));
        var other = new SimulationService.SimulationServiceClient(service.NewSite().As(Access.Types.Role.Editor));
        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: false);
        Assert.Equal("JOURNEY_NOT_FOUND", await RefusedAsync(
            StatusCode.NotFound, () => other.CreateSimulationAsync(new() { JourneyId = $"{journey}", Design = Given, Request = Request(Some) })));
        Assert.Empty((await Simulations.ListSimulationsAsync(new() { JourneyId = $"{journey}" })).Simulations);

        AsyncUnaryCall<Simulation> Call(SimulationRequest request) => Simulations.CreateSimulationAsync(new() { JourneyId = $"{journey}", Design = Given, Request = request });
    }

    [Fact]
    public async Task Nothing_but_the_two_tables_changes()
    {
        var journey = await site.PublishAsync(Tour);
        await site.IdentifyAsync("ada");
        var before = await CountRowsAsync();

        await CreateAsync(journey, Some);
        await RunAsync();

        var changed = (await CountRowsAsync()).Except(before).Select(table => table.Split(' ')[0]);
        Assert.Equal(["enrollment.simulated_person", "enrollment.simulation"], changed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_worker_that_dies_is_followed_by_another_once_its_lease_is_over()
    {
        var journey = await site.PublishAsync(Tour);
        var created = await CreateAsync(journey, Some);
        var store = service.Get<SimulationStore>();
        var dead = (await store.TakeAsync(Guid.NewGuid(), service.Clock.GetUtcNow(), CancellationToken.None))!;

        await service.Get<RunSimulations>().RunOnceAsync(CancellationToken.None);
        Assert.Equal(Status.Running, (await GetAsync(journey, created.Id)).Status);
        service.Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.True(await store.RenewAsync(dead, 7, service.Clock.GetUtcNow(), CancellationToken.None));
        service.Clock.Advance(TimeSpan.FromSeconds(29));
        await service.Get<RunSimulations>().RunOnceAsync(CancellationToken.None);
        Assert.Equal((Status.Running, 7), ((await GetAsync(journey, created.Id)).Status, (await GetAsync(journey, created.Id)).Done));
        service.Clock.Advance(TimeSpan.FromSeconds(2));
        await service.Get<RunSimulations>().RunOnceAsync(CancellationToken.None);

        var ended = await GetAsync(journey, created.Id);
        Assert.Equal(Status.Completed, ended.Status);
        // It was only slow, and comes too late.
        Assert.False(await store.RenewAsync(dead, 8, service.Clock.GetUtcNow(), CancellationToken.None));
        await store.FailAsync(dead, "INTERNAL", "x", 8, service.Clock.GetUtcNow(), CancellationToken.None);
        await store.ReleaseAsync(dead, CancellationToken.None);
        Assert.Equal(ended, await GetAsync(journey, created.Id));
    }

    [Fact]
    public async Task One_that_takes_three_workers_with_it_fails()
    {
        var journey = await site.PublishAsync(Tour);
        var created = await CreateAsync(journey, Some);
        for (var worker = 0; worker < 3; worker++)
        {
            Assert.NotNull(await service.Get<SimulationStore>().TakeAsync(Guid.NewGuid(), service.Clock.GetUtcNow(), CancellationToken.None));
            service.Clock.Advance(TimeSpan.FromSeconds(31));
        }

        await RunAsync();

        var ended = await GetAsync(journey, created.Id);
        Assert.Equal((Status.Failed, "INTERNAL"), (ended.Status, ended.Error.Reason));
    }

    [Fact]
    public async Task A_cancelled_one_is_not_run_and_one_that_runs_ends()
    {
        var journey = await site.PublishAsync(Tour);
        var waiting = await CreateAsync(journey, Some);
        Assert.Equal(Status.Cancelled, (await Simulations.CancelSimulationAsync(new() { JourneyId = $"{journey}", Id = waiting.Id })).Status);
        await RunAsync();
        Assert.Equal(Status.Cancelled, (await GetAsync(journey, waiting.Id)).Status);
        Assert.Equal("SIMULATION_NOT_COMPLETED", await RefusedAsync(
            StatusCode.FailedPrecondition, () => Simulations.GetReportAsync(new() { JourneyId = $"{journey}", Id = waiting.Id })));

        var (running, worker) = await BeginEndlessAsync(journey);
        await Simulations.CancelSimulationAsync(new() { JourneyId = $"{journey}", Id = running });
        await worker;
        Assert.Equal(Status.Cancelled, (await GetAsync(journey, running)).Status);

        (running, worker) = await BeginEndlessAsync(journey);
        await Simulations.DeleteSimulationAsync(new() { JourneyId = $"{journey}", Id = running });
        await worker;
        Assert.Equal("SIMULATION_NOT_FOUND", await RefusedAsync(StatusCode.NotFound, () => Simulations.GetSimulationAsync(new() { JourneyId = $"{journey}", Id = running })));
    }

    [Fact]
    public async Task A_worker_that_is_stopped_gives_its_simulation_back()
    {
        var journey = await site.PublishAsync(Tour);
        using var stop = new CancellationTokenSource();
        var (running, worker) = await BeginEndlessAsync(journey, ct: stop.Token);

        await stop.CancelAsync();
        await worker;

        Assert.Equal((Status.Queued, 0), ((await GetAsync(journey, running)).Status, (await GetAsync(journey, running)).Done));
        await Simulations.DeleteSimulationAsync(new() { JourneyId = $"{journey}", Id = running });
    }

    [Fact]
    public async Task One_that_takes_too_much_processor_time_fails()
    {
        var journey = await site.PublishAsync(Tour);

        var (running, worker) = await BeginEndlessAsync(journey, seconds: 1);
        await worker;

        var ended = await GetAsync(journey, running);
        Assert.Equal((Status.Failed, "SIMULATION_TOO_LONG"), (ended.Status, ended.Error.Reason));
        Assert.InRange(ended.Done, 1, ended.Total - 1);
    }

    [Fact]
    public async Task A_site_has_twenty_in_the_queue_and_a_journey_keeps_a_hundred()
    {
        var journey = await site.PublishAsync(Tour);
        var first = await CreateAsync(journey, Some);
        service.Clock.Advance(TimeSpan.FromSeconds(1));
        for (var i = 1; i < 20; i++)
            await CreateAsync(journey, Some);
        Assert.Equal("TOO_MANY_SIMULATIONS", await RefusedAsync(StatusCode.ResourceExhausted, () => Simulations.CreateSimulationAsync(Wanted(journey, Some))));

        await using (var connection = await service.Database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync(
                """
                update enrollment.simulation set status = 'CANCELLED', ended_at = created_at where site_id = @Id;
                insert into enrollment.simulation (site_id, simulation_id, journey_id, status, creator, request, document, total, created_at, ended_at)
                select site_id, overlay(gen_random_uuid()::text placing 'ffff' from 1)::uuid, journey_id, status, creator, request, document, total, created_at, ended_at
                from enrollment.simulation cross join generate_series(1, 4) where site_id = @Id
                """,
                new { site.Id });
        }

        var newest = await CreateAsync(journey, Some);
        var listed = (await Simulations.ListSimulationsAsync(new() { JourneyId = $"{journey}", PageSize = 200 })).Simulations;
        Assert.Equal(100, listed.Count);
        Assert.Contains(listed, simulation => simulation.Id == newest.Id);
        Assert.DoesNotContain(listed, simulation => simulation.Id == first.Id);
        Assert.All(listed, simulation => Assert.Null(simulation.Request));
        await RunAsync();
    }

    [Fact]
    public async Task Sites_take_turns_and_old_ones_are_forgotten()
    {
        var journey = await site.PublishAsync(Tour);
        var first = await CreateAsync(journey, Some);
        service.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await CreateAsync(journey, Some);
        var other = new SimulationTests(service);
        var otherJourney = await other.site.PublishAsync(Tour);
        var theirs = await other.CreateAsync(otherJourney, Some);

        await service.Get<RunSimulations>().RunOnceAsync(CancellationToken.None);
        await service.Get<RunSimulations>().RunOnceAsync(CancellationToken.None);

        Assert.Equal(
            (Status.Completed, Status.Queued, Status.Completed),
            ((await GetAsync(journey, first.Id)).Status, (await GetAsync(journey, second.Id)).Status, (await other.GetAsync(otherJourney, theirs.Id)).Status));

        await RunAsync();
        service.Clock.Advance(TimeSpan.FromDays(31));
        while (await service.Get<ForgetSimulations>().RunOnceAsync(CancellationToken.None) == TimeSpan.Zero)
        {
        }

        Assert.Empty((await Simulations.ListSimulationsAsync(new() { JourneyId = $"{journey}" })).Simulations);
        await using var connection = await service.Database.OpenConnectionAsync();
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>("select count(*) from enrollment.simulated_person where site_id = @Id", new { site.Id }));
    }

    [Fact]
    public async Task A_repeated_call_gives_the_first_answer()
    {
        var journey = await site.PublishAsync(Tour);
        var request = Wanted(journey, Some);
        request.RequestId = "again";

        var first = await Simulations.CreateSimulationAsync(request);
        var second = await Simulations.CreateSimulationAsync(request);

        Assert.Equal(first.Id, second.Id);
        request.Request.Seed = 7;
        Assert.Equal("REQUEST_ID_REUSED", await RefusedAsync(StatusCode.AlreadyExists, () => Simulations.CreateSimulationAsync(request)));
        await RunAsync();
    }

    static DesignChoice Given => new() { Given = JsonParser.Default.Parse<Design>(Tour) };

    static SimulationRequest Request(string json) => JsonParser.Default.Parse<SimulationRequest>(json);

    static CreateSimulationRequest Wanted(Guid journey, string request) => new() { JourneyId = $"{journey}", Design = Given, Request = Request(request) };

    async Task<Simulation> CreateAsync(Guid journey, string request) => await Simulations.CreateSimulationAsync(Wanted(journey, request));

    async Task<Simulation> GetAsync(Guid journey, string id) => await Simulations.GetSimulationAsync(new() { JourneyId = $"{journey}", Id = id });

    async Task<(string Journey, string Id)> TryAsync(string request)
    {
        var journey = await site.PublishAsync(Tour);
        var created = await CreateAsync(journey, request);
        await RunAsync();
        return ($"{journey}", created.Id);
    }

    // As the loop does, until nothing waits.
    async Task RunAsync()
    {
        while (await service.Get<RunSimulations>().RunOnceAsync(CancellationToken.None) == TimeSpan.Zero)
        {
        }
    }

    // It would take many minutes; comes back once some people are done.
    async Task<(string Id, Task Worker)> BeginEndlessAsync(Guid journey, int seconds = 3_600, CancellationToken ct = default)
    {
        var created = await CreateAsync(journey, """
            {"population": {"invented": {"people": 200000}}, "horizon": "34560000s", "entry": {"allAtOnce": {}},
             "behavior": {"activities": [{"eventName": "e", "every": "3600s"}]}}
            """);
        var worker = new RunSimulations(
            service.Database, service.Get<SimulationStore>(), Microsoft.Extensions.Options.Options.Create(new SimulationOptions { MaxSeconds = seconds }),
            service.Get<Clock>(), Microsoft.Extensions.Logging.Abstractions.NullLogger<RunSimulations>.Instance);
        var run = Task.Run(() => worker.RunOnceAsync(ct), CancellationToken.None);
        await Eventually.True(async () => (await GetAsync(journey, created.Id)) is { Done: > 0 } or { Status: Status.Failed }, "the first people");
        return (created.Id, run);
    }

    async Task<IReadOnlyList<string>> CountRowsAsync()
    {
        const string tables = """
            select format('%I.%I', table_schema, table_name)
            from information_schema.tables
            where table_schema in ('enrollment', 'definition', 'scheduler') and table_type = 'BASE TABLE'
            """;

        await using var connection = await service.Database.OpenConnectionAsync();
        var counts = new List<string>();
        foreach (var table in await connection.QueryAsync<string>(tables))
            counts.Add($"{table} {await connection.ExecuteScalarAsync<string>($"select coalesce(md5(string_agg(one::text, '|' order by one::text)), '') from {table} as one")}");
        return counts;
    }

    static async Task<string> RefusedAsync<T>(StatusCode code, Func<AsyncUnaryCall<T>> call)
    {
        var problem = await Assert.ThrowsAsync<RpcException>(() => call().ResponseAsync);
        Assert.Equal(code, problem.StatusCode);
        return problem.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason;
    }
}
