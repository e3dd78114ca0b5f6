using Dapper;
using Grpc.Core;
using Journeys.Enrollments.Jobs;
using Journeys.Protos.Enrollment.V1;
using Journeys.Testing;
using Events = Journeys.Protos.Events.V1;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>A stop of many people can be undone: whoever has not come back continues where they were, once, as if nothing had happened.</summary>
public sealed class UndoStopTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const int Limit = 7;

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task Everybody_continues_where_they_were_over_several_chunks_and_waits_for_what_they_waited_for()
    {
        var journey = await TwoNodesAsync(people: 20, moved: 9);
        var before = await StatesAsync(journey);
        var stop = await StopAsync(journey, new() { All = true });
        service.Clock.Advance(TimeSpan.FromHours(1));

        var (done, changed, _) = await UndoAsync(journey, stop);

        Assert.Equal((20, 20), (done, changed));
        Assert.Equal(before, await StatesAsync(journey));
        await StoredState.CheckAsync(service, site.Id);
        var enrollment = (await site.EnrollmentsAsync(journey)).First(one => one.CurrentNodeId == "rest");
        Assert.Empty(enrollment.StopReason);
        var visits = await site.Enrollments.ListVisitsAsync(new() { JourneyId = $"{journey}", EnrollmentId = enrollment.Id });
        Assert.Contains($"continued, because stop {stop} was undone", visits.Visits[^1].Notes[^1], StringComparison.Ordinal);
        // Those who rest asked for their timers again, later than they were cancelled.
        var asked = (await site.SentAsync<Events.TimersRequested>()).SelectMany(message => message.Timers).Where(timer => timer.EnrollmentId == enrollment.Id).ToList();
        var cancelled = Assert.Single((await site.SentAsync<Events.TimersCancelled>()).SelectMany(message => message.Timers), timer => timer.EnrollmentId == enrollment.Id);
        Assert.Equal(2, asked.Count);
        Assert.Equal((asked[0].VisitNo, asked[0].DueTime), (asked[1].VisitNo, asked[1].DueTime));
        Assert.True(asked[1].ChangeTime.ToDateTimeOffset() > cancelled.ChangeTime.ToDateTimeOffset());

        // And they go on as if nothing had happened.
        await site.PassAsync(TimeSpan.FromDays(2));
        await site.ReportAsync(journey, "u19", "one");
        var after = await site.EnrollmentsAsync(journey);
        Assert.Equal(9, after.Count(one => one.Status == Status.Completed));
        Assert.Equal("rest", after.Single(one => one.UserId == "u19").CurrentNodeId);
        await StoredState.CheckAsync(service, site.Id);
    }

    [Fact]
    public async Task A_wait_that_ended_meanwhile_ends_at_once()
    {
        var journey = await TwoNodesAsync(people: 2, moved: 2);
        var stop = await StopAsync(journey, new() { All = true });
        await site.PassAsync(TimeSpan.FromDays(3));

        await UndoAsync(journey, stop);
        await site.PassAsync(TimeSpan.FromSeconds(1));

        Assert.All(await site.EnrollmentsAsync(journey), one => Assert.Equal(Status.Completed, one.Status));
        await StoredState.CheckAsync(service, site.Id);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(2)]
    public async Task A_date_that_moved_meanwhile_counts_as_it_is_now(int days)
    {
        var began = service.Clock.GetUtcNow();
        await site.IdentifyAsync("u", traits: $$"""{"ends": "{{began.AddDays(5):O}}"}""");
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, """{"id": "w", "wait": {"traitDate": {"trait": "ends"}}}""", Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u");
        var stop = await StopAsync(journey, new() { All = true });
        await site.IdentifyAsync("u", traits: $$"""{"ends": "{{began.AddDays(days):O}}"}""");
        service.Clock.Advance(TimeSpan.FromDays(1));

        await UndoAsync(journey, stop);
        await site.PassAsync(began.AddDays(days).AddHours(-1) - service.Clock.GetUtcNow());
        Assert.Equal("w", Assert.Single(await site.EnrollmentsAsync(journey)).CurrentNodeId);
        await site.PassAsync(TimeSpan.FromHours(1));

        Assert.Equal("one", Assert.Single(await site.EnrollmentsAsync(journey)).CurrentNodeId);
        await StoredState.CheckAsync(service, site.Id);
    }

    [Fact]
    public async Task Facts_are_numbered_on()
    {
        var journey = await TwoNodesAsync(people: 1, moved: 0);
        var id = (await site.EnrollmentsAsync(journey)).Single().Id;
        for (var n = 0; n < 2; n++)
            await UndoAsync(journey, await StopAsync(journey, new() { All = true }));
        await site.StopAsync(journey, "u0");

        var facts = (await site.SentAsync<Events.EnrollmentStarted>()).SelectMany(message => message.Enrollments).Select(fact => ("started", fact))
            .Concat((await site.SentAsync<Events.EnrollmentStopped>()).SelectMany(message => message.Enrollments).Select(fact => ("stopped", fact)))
            .Concat((await site.SentAsync<Events.EnrollmentContinued>()).SelectMany(message => message.Enrollments).Select(fact => ("continued", fact)))
            .Where(one => one.fact.EnrollmentId == id)
            .OrderBy(one => one.fact.FactNo)
            .Select(one => $"{one.fact.FactNo} {one.Item1}");

        Assert.Equal(["1 started", "2 stopped", "3 continued", "4 stopped", "5 continued", "6 stopped"], facts);
    }

    [Fact]
    public async Task Who_came_back_opted_out_was_stopped_alone_joined_or_erased_meanwhile_is_left_alone()
    {
        var journey = await site.PublishAsync(
            Designs.Row("\"reEnrollment\": \"AFTER_EARLY_EXIT\", \"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.End));
        string[] users = ["again", "out", "alone", "erased", "stays", "joined"];
        await site.Enrollments.EnrollUsersAsync(new() { JourneyId = $"{journey}", UserIds = { users } });
        await site.EnterAsync(journey, "visitor1");
        var stop = await StopAsync(journey, new() { All = true });
        service.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True((await site.EnterAsync(journey, "again")).Created);
        await site.StopAsync(journey, "out");
        var alone = (await site.EnrollmentsAsync(journey)).Single(one => one.UserId == "alone").Id;
        await site.Enrollments.StopEnrollmentAsync(new() { JourneyId = $"{journey}", EnrollmentId = alone });
        await site.Profiles.EraseUserAsync(new() { UserId = "erased" });
        Assert.True((await site.EnterAsync(journey, "joined")).Created);
        await site.IdentifyAsync("joined", "visitor1");

        var (_, changed, _) = await UndoAsync(journey, stop);

        Assert.Equal(1, changed);
        var active = (await site.EnrollmentsAsync(journey)).Where(one => one.Status == Status.Active).ToList();
        Assert.Equal(["again", "joined", "stays"], active.Select(one => one.UserId).Order());
        Assert.Equal(1, active.Single(one => one.UserId == "stays").Attempt);
        Assert.True(active.Single(one => one.UserId == "again").Attempt > 1);
        await StoredState.CheckAsync(service, site.Id);
    }

    [Fact]
    public async Task Whoever_enters_again_while_a_chunk_waits_for_them_has_one_attempt_under_way()
    {
        var journey = await site.PublishAsync(Designs.Row("\"reEnrollment\": \"AFTER_EARLY_EXIT\",", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u1");
        var stop = await StopAsync(journey, new() { All = true });
        service.Clock.Advance(TimeSpan.FromSeconds(1));
        var job = await site.Stops.UndoStopAsync(new() { JourneyId = $"{journey}", StopId = stop });
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var first = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("select from enrollment.enrollment where site_id = @Id for update", new { site.Id }, first);
        var entering = site.EnterAsync(journey, "u1");
        await Eventually.True(async () => await service.Database.CountWaitersAsync() == 1, "the entry to wait");
        var undoing = site.RunJobAsync(Kind.UndoStop, journey, job.SubjectId);
        await Eventually.True(async () => await service.Database.CountWaitersAsync() == 2, "the chunk to wait behind it");

        await first.RollbackAsync();

        Assert.True((await entering).Created);
        Assert.Equal(0, await undoing);
        Assert.Single((await site.EnrollmentsAsync(journey)), one => one.Status == Status.Active);
        await StoredState.CheckAsync(service, site.Id);
    }

    [Fact]
    public async Task A_stop_is_undone_once_and_a_stop_that_still_runs_stops_nobody_any_more()
    {
        var journey = await TwoNodesAsync(people: 10, moved: 0);
        var job = await site.Stops.CreateStopAsync(new() { JourneyId = $"{journey}", Selection = new() { All = true }, Reason = "enough" });
        var chunk = Chunk(Kind.Stop, journey, job.Id);
        await service.Get<ProcessChunk>().HandleAsync(chunk, CancellationToken.None);
        Assert.Equal(3, await ActiveAsync(journey));
        var request = new UndoStopRequest { JourneyId = $"{journey}", StopId = job.Id };

        var undos = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => site.Stops.UndoStopAsync(request).ResponseAsync));
        chunk.ChunkNo = 2;
        await service.Get<ProcessChunk>().HandleAsync(chunk, CancellationToken.None);
        await RunAsync(journey, job.Id);
        var again = await RunAsync(journey, job.Id);

        Assert.Single(undos.Select(undo => undo.Id).Distinct());
        Assert.Equal(7, undos[0].Total);
        Assert.Equal(undos[0].Id, (await site.Stops.UndoStopAsync(request)).Id);
        var answer = (await site.SentAsync<Events.ChunkCompleted>()).Last(answer => answer.JobId == job.Id);
        Assert.Equal("The stop was undone before everybody was stopped.", answer.Error);
        Assert.Equal(0, again.Changed);
        Assert.Equal(10, await ActiveAsync(journey));
        var read = await site.Stops.GetStopAsync(new() { JourneyId = $"{journey}", StopId = job.Id });
        Assert.Equal((service.Clock.GetUtcNow(), undos[0].Id), (read.UndoTime.ToDateTimeOffset(), read.UndoJob.Id));
        Assert.NotEmpty(read.UndoneBy);
        await StoredState.CheckAsync(service, site.Id);
    }

    [Theory]
    [InlineData(null, 7 * 24 * 60 * 60)]
    [InlineData(3_600, 3_600)]
    [InlineData(30 * 24 * 60 * 60, 30 * 24 * 60 * 60)]
    public async Task A_stop_can_be_undone_for_as_long_as_it_said(int? within, int seconds)
    {
        var journey = await TwoNodesAsync(people: 1, moved: 0);
        string[] stops = [await StopAsync(journey, new() { All = true }, within), await StopAsync(journey, new() { All = true }, within)];
        var until = service.Clock.GetUtcNow().AddSeconds(seconds);
        Assert.Equal(until, (await site.Stops.GetStopAsync(new() { JourneyId = $"{journey}", StopId = stops[0] })).UndoUntilTime.ToDateTimeOffset());

        service.Clock.Advance(TimeSpan.FromSeconds(seconds - 1));
        await site.Stops.UndoStopAsync(new() { JourneyId = $"{journey}", StopId = stops[0] });
        service.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("STOP_NOT_UNDOABLE", await RefusalAsync(journey, stops[1]));
        // What is undone already stays so.
        await site.Stops.UndoStopAsync(new() { JourneyId = $"{journey}", StopId = stops[0] });
    }

    [Fact]
    public async Task A_stop_that_said_so_cannot_be_undone()
    {
        var journey = await TwoNodesAsync(people: 1, moved: 0);
        var stop = await StopAsync(journey, new() { All = true }, undoWithin: 0);

        Assert.Equal("STOP_NOT_UNDOABLE", await RefusalAsync(journey, stop));
        Assert.Null((await site.Stops.GetStopAsync(new() { JourneyId = $"{journey}", StopId = stop })).UndoUntilTime);
        Assert.Equal(0, await ActiveAsync(journey));
    }

    [Fact]
    public async Task Nobody_undoes_a_stop_of_another_journey_or_site()
    {
        var (journey, other) = (await TwoNodesAsync(people: 1, moved: 0), await TwoNodesAsync(people: 0, moved: 0));
        var stop = await StopAsync(journey, new() { All = true });
        var neighbor = new TestSite(service);
        var foreign = await neighbor.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));

        Assert.Equal("STOP_NOT_FOUND", await RefusalAsync(other, stop));
        Assert.Equal("STOP_NOT_FOUND", await RefusalAsync(journey, $"{Guid.NewGuid()}"));
        var refused = await Assert.ThrowsAsync<RpcException>(() => neighbor.Stops.UndoStopAsync(new() { JourneyId = $"{foreign}", StopId = stop }).ResponseAsync);
        Assert.Equal("STOP_NOT_FOUND", ReasonOf(refused));
        Assert.Equal(0, await ActiveAsync(journey));
    }

    [Theory]
    [InlineData("paused")]
    [InlineData("halted")]
    public async Task People_of_a_journey_that_rests_continue_and_move_when_it_does(string rest)
    {
        var journey = await TwoNodesAsync(people: 5, moved: 2);
        var stop = await StopAsync(journey, new() { All = true });
        await (rest == "paused" ? site.PauseAsync(journey) : site.HaltAsync());

        Assert.Equal(5, (await UndoAsync(journey, stop)).Changed);

        Assert.Equal(5, await ActiveAsync(journey));
        await StoredState.CheckAsync(service, site.Id);
    }

    [Fact]
    public async Task Nobody_continues_in_an_archived_journey()
    {
        var journey = await TwoNodesAsync(people: 3, moved: 1);
        string[] stops = [await StopAsync(journey, new() { NodeIds = { "one" } }), await StopAsync(journey, new() { All = true })];
        var job = await site.Stops.UndoStopAsync(new() { JourneyId = $"{journey}", StopId = stops[0] });

        await site.ArchiveAsync(journey);

        Assert.Equal(0, await site.RunJobAsync(Kind.UndoStop, journey, job.SubjectId));
        Assert.Equal("JOURNEY_ARCHIVED", await RefusalAsync(journey, stops[1]));
        Assert.Equal(0, await ActiveAsync(journey));
        await StoredState.CheckAsync(service, site.Id);
    }

    [Fact]
    public async Task Who_was_stopped_is_forgotten_a_week_after_the_stop_could_be_undone()
    {
        var journey = await TwoNodesAsync(people: 3, moved: 1);
        var stop = await StopAsync(journey, new() { All = true }, undoWithin: 3_600);

        service.Clock.Advance(TimeSpan.FromDays(7));
        await service.Get<ForgetChunks>().RunOnceAsync(CancellationToken.None);
        Assert.Equal(3, await RememberedAsync(stop));
        service.Clock.Advance(TimeSpan.FromDays(1));
        await service.Get<ForgetChunks>().RunOnceAsync(CancellationToken.None);
        Assert.Equal(0, await RememberedAsync(stop));
    }

    [Fact]
    public async Task Nothing_is_left_of_an_erased_user()
    {
        var journey = await TwoNodesAsync(people: 1, moved: 0);
        var stop = await StopAsync(journey, new() { All = true });
        var erasure = await site.Profiles.EraseUserAsync(new() { UserId = "u0" });

        await new JobRunner(site, Limit).RunAsync(Kind.Erasure, journey: null, erasure.Job.SubjectId);

        Assert.Equal(0, await RememberedAsync(stop));
    }

    async Task<string> StopAsync(Guid journey, Selection selection, int? undoWithin = null)
    {
        var request = new CreateStopRequest { JourneyId = $"{journey}", Selection = selection, Reason = "enough" };
        if (undoWithin is { } seconds)
            request.UndoWithin = new() { Seconds = seconds };
        var job = await site.Stops.CreateStopAsync(request);
        await new JobRunner(site, Limit).RunAsync(Kind.Stop, journey, job.SubjectId);
        return job.Id;
    }

    async Task<(int Done, int Changed, int Total)> UndoAsync(Guid journey, string stop)
    {
        var job = await site.Stops.UndoStopAsync(new() { JourneyId = $"{journey}", StopId = stop });
        Assert.Equal((Kind.UndoStop, stop), (job.Kind, job.SubjectId));
        return await RunAsync(journey, stop);
    }

    Task<(int Done, int Changed, int Total)> RunAsync(Guid journey, string stop) => new JobRunner(site, Limit).RunAsync(Kind.UndoStop, journey, stop);

    Events.ChunkRequested Chunk(Kind kind, Guid journey, string subject) => new()
    {
        JobId = subject,
        SiteId = $"{site.Id}",
        Kind = kind,
        ChunkNo = 1,
        Limit = Limit,
        JourneyId = $"{journey}",
        SubjectId = subject,
    };

    // What must be as before.
    async Task<IReadOnlyList<object>> StatesAsync(Guid journey)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<(Guid, string, string, int, string, DateTimeOffset, DateTimeOffset?)>(
            """
            select enrollment_id, status, node_id, visit_no, waiting_for, waiting_since, wake_at
            from enrollment.enrollment
            where journey_id = @journey
            order by enrollment_id
            """,
            new { journey })];
    }

    async Task<int> RememberedAsync(string stop)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>("select count(*) from enrollment.stopped where stop_id = @id", new { id = Guid.Parse(stop) });
    }

    async Task<string> RefusalAsync(Guid journey, string stop) => ReasonOf(await Assert.ThrowsAsync<RpcException>(
        () => site.Stops.UndoStopAsync(new() { JourneyId = $"{journey}", StopId = stop }).ResponseAsync));

    async Task<int> ActiveAsync(Guid journey) => (await site.EnrollmentsAsync(journey)).Count(enrollment => enrollment.Status == Status.Active);

    // People u0, u1 and so on at the content `one`, the first of them a node further, where they rest for a day.
    async Task<Guid> TwoNodesAsync(int people, int moved)
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Wait("rest", "86400s"), Designs.End));
        if (people > 0)
            await site.Enrollments.EnrollUsersAsync(new() { JourneyId = $"{journey}", UserIds = { Enumerable.Range(0, people).Select(n => $"u{n}") } });
        for (var n = 0; n < moved; n++)
            await site.ReportAsync(journey, $"u{n}", "one");
        return journey;
    }

    static string ReasonOf(RpcException exception) => exception.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason;
}
