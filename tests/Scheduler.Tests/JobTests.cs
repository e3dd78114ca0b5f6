using Grpc.Core;
using Journeys.Protos.Events.V1;
using Journeys.Protos.Options.V1;
using Journeys.Protos.Scheduler.V1;
using Status = Journeys.Protos.Scheduler.V1.Job.Types.Status;

namespace Journeys.Scheduling.Tests;

public sealed class JobTests(SchedulerUnderTest scheduler) : IClassFixture<SchedulerUnderTest>, IAsyncLifetime
{
    readonly Guid siteId = Guid.CreateVersion7();

    SchedulerClient Client => scheduler.As(siteId, Access.Types.Role.Service);

    // Chunks of an earlier test's jobs would count as in flight.
    public Task InitializeAsync() => scheduler.ExecuteAsync("delete from scheduler.job; delete from scheduler.outbox");

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_job_goes_on_chunk_by_chunk_where_the_answers_say_and_counts_what_was_done()
    {
        var id = await StartAsync(total: 120);
        Assert.Equal(new ChunkRequested
        {
            JobId = id,
            SiteId = siteId.ToString(),
            Kind = Job.Types.Kind.ListEnrollment,
            ChunkNo = 1,
            Limit = 2_000,
            JourneyId = Guid.Empty.ToString(),
            SubjectId = "list",
        }, Assert.Single(await SendAsync()));

        await AnswerAsync(id, 1, next: "a", done: 100, changed: 40);
        var second = Assert.Single(await SendAsync());
        Assert.Equal((2, "a"), (second.ChunkNo, second.Cursor));
        var running = await Client.GetAsync(id);
        Assert.Equal((Status.Running, 100, 40, 120), (running.Status, running.Done, running.Changed, running.Total));

        await AnswerAsync(id, 2, next: "b", done: 30, changed: 30, last: true);
        var ended = await Client.GetAsync(id);
        Assert.Equal((Status.Completed, 130, 70, 130), (ended.Status, ended.Done, ended.Changed, ended.Total));
        Assert.NotNull(ended.EndTime);
        Assert.Empty(await SendAsync());
    }

    [Fact]
    public async Task One_chunk_is_in_flight_and_is_sent_again_when_nobody_answers_for_a_time()
    {
        var id = await StartAsync();
        var first = Assert.Single(await SendAsync());

        Assert.Empty(await SendAsync());
        scheduler.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Empty(await SendAsync());
        scheduler.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(first, Assert.Single(await SendAsync()));
        Assert.Equal(Status.Running, (await Client.GetAsync(id)).Status);
    }

    // A clock was hours ahead and is right again, or a database was restored on a machine whose clock is behind.
    [Fact]
    public async Task A_chunk_that_was_sent_in_the_future_is_sent_again_and_takes_nobodys_place()
    {
        var lost = new List<string>();
        for (var n = 0; n < 8; n++)
            lost.Add(await StartAsync());
        await scheduler.ExecuteAsync($"update scheduler.job set sent_at = '{scheduler.Clock.GetUtcNow().AddHours(3):O}'");

        var sent = await SendAsync();
        // Half of what is in flight may be of one site.
        Assert.Equal(4, sent.Count);
        Assert.Empty(await SendAsync());

        foreach (var chunk in sent)
            await AnswerAsync(chunk.JobId, 1, last: true);
        Assert.Equal(lost.Order(), sent.Concat(await SendAsync()).Select(chunk => chunk.JobId).Order());
    }

    [Fact]
    public async Task A_repeated_or_late_answer_changes_nothing()
    {
        var id = await StartAsync();
        await SendAsync();
        await AnswerAsync(id, 1, next: "a", done: 10);
        var after = await Client.GetAsync(id);

        await AnswerAsync(id, 1, next: "z", done: 10, last: true);
        await AnswerAsync(id, 3, next: "y", done: 10);
        await AnswerAsync(id, 0, error: "old");

        Assert.Equal(after, await Client.GetAsync(id));
        Assert.Equal((2, "a"), (await SendAsync()).Select(chunk => (chunk.ChunkNo, chunk.Cursor)).Single());
    }

    [Fact]
    public async Task An_answer_with_an_error_fails_the_job()
    {
        var id = await StartAsync();
        await SendAsync();

        await AnswerAsync(id, 1, error: "The journey is archived.");

        var failed = await Client.GetAsync(id);
        Assert.Equal((Status.Failed, "The journey is archived."), (failed.Status, failed.Error));
        Assert.NotNull(failed.EndTime);
        Assert.Empty(await SendAsync());
    }

    [Fact]
    public async Task A_cancelled_job_stops_and_stays_as_it_was()
    {
        var id = await StartAsync();
        await SendAsync();
        await AnswerAsync(id, 1, next: "a", done: 10, changed: 5);

        var cancelled = await Client.CancelAsync(id);
        await AnswerAsync(id, 2, next: "b", done: 10, last: true);
        scheduler.Clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal((Status.Cancelled, 10, 5), (cancelled.Status, cancelled.Done, cancelled.Changed));
        Assert.Empty(await SendAsync());
        Assert.Equal(cancelled, await Client.CancelAsync(id));
        Assert.Equal(cancelled, await Client.GetAsync(id));
    }

    [Fact]
    public async Task An_ended_job_answers_a_cancellation_as_it_is()
    {
        var id = await StartAsync();
        await SendAsync();
        await AnswerAsync(id, 1, done: 1, last: true);

        Assert.Equal(Status.Completed, (await Client.CancelAsync(id)).Status);
    }

    [Fact]
    public async Task So_many_chunks_are_in_flight_at_once_and_jobs_take_turns()
    {
        var ids = new List<string>();
        for (var n = 0; n < 6; n++)
            ids.Add(await StartAsync());

        // A site has half of the eight.
        var first = await SendAsync();
        Assert.Equal(4, first.Count);
        Assert.Empty(await SendAsync());

        // The first one answers, and has to wait until the others had their turn.
        await AnswerAsync(first[0].JobId, 1, next: "a");
        var second = await SendAsync();
        Assert.DoesNotContain(Assert.Single(second).JobId, first.Select(chunk => chunk.JobId));

        foreach (var chunk in first.Skip(1))
            await AnswerAsync(chunk.JobId, 1, done: 1, last: true);
        var third = await SendAsync();
        Assert.Equal(ids.Order(), first.Concat(second).Concat(third).Select(chunk => chunk.JobId).Distinct().Order());
        Assert.Equal(2, third.Count);
    }

    [Fact]
    public async Task Replicas_send_each_chunk_once_and_keep_to_the_limit_together()
    {
        for (var n = 0; n < 20; n++)
            await StartAsync();
        var replicas = Enumerable.Range(0, 5).Select(_ => scheduler.OfReplica<SendChunks>(new() { JobsAtOnce = 24 })).ToList();

        await Task.WhenAll(replicas.Select(replica => replica.RunOnceAsync(CancellationToken.None)));

        var chunks = await TakeChunksAsync();
        Assert.Equal(12, chunks.Count);
        Assert.Equal(12, chunks.Select(chunk => chunk.JobId).Distinct().Count());
    }

    [Fact]
    public async Task A_site_whose_jobs_are_never_answered_keeps_no_other_site_waiting()
    {
        for (var n = 0; n < 20; n++)
            await StartAsync();
        Assert.Equal(4, (await SendAsync()).Count);
        var other = Guid.CreateVersion7();
        var id = Guid.CreateVersion7().ToString();
        await scheduler.As(other, Access.Types.Role.Service)
            .StartAsync(new() { Id = id, Kind = Job.Types.Kind.ListEnrollment, JourneyId = Guid.Empty.ToString(), SubjectId = "list" });

        Assert.Equal(id, Assert.Single(await SendAsync()).JobId);
        scheduler.Clock.Advance(TimeSpan.FromMinutes(2));
        await AnswerAsync(id, 1, next: "a");

        // Sent again, those of the first site stand no longer in front.
        Assert.Contains(id, (await SendAsync()).Select(chunk => chunk.JobId));
    }

    [Theory]
    [InlineData("insert into scheduler.timer (shard, due_at, site_id, journey_id, enrollment_id, visit_no) select 1, '0044-03-15 BC', i, i, i, 1 from gen_random_uuid() i")]
    [InlineData("insert into scheduler.timer (shard, due_at, site_id, journey_id, enrollment_id, visit_no) select 1, 'infinity', i, i, i, 1 from gen_random_uuid() i")]
    [InlineData("insert into scheduler.parked_timer (due_at, site_id, journey_id, enrollment_id, visit_no) select '0044-03-15 BC', i, i, i, 1 from gen_random_uuid() i")]
    [InlineData("insert into scheduler.job (site_id, job_id, kind, created_at, updated_at) select i, i, 'ARCHIVE', '0044-01-01 BC', now() from gen_random_uuid() i")]
    public async Task A_row_that_no_program_can_read_does_not_come_into_a_table_that_all_share(string insert)
    {
        var refusal = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => scheduler.ExecuteAsync(insert));

        Assert.Equal("23514", refusal.SqlState);
    }

    [Fact]
    public async Task A_job_with_a_rate_does_a_seconds_worth_at_a_time_and_rests_until_its_time_has_come()
    {
        var id = Guid.CreateVersion7().ToString();
        var job = await Client.StartAsync(
            new() { Id = id, Kind = Job.Types.Kind.Stop, JourneyId = Guid.Empty.ToString(), SubjectId = id, Total = 30, PeoplePerSecond = 10 });
        Assert.Equal(10, job.PeoplePerSecond);
        Assert.Equal(10, Assert.Single(await SendAsync()).Limit);

        await AnswerAsync(id, 1, next: "a", done: 10);
        Assert.Empty(await SendAsync());
        // It looks again when that time comes, and not only after its usual interval.
        Assert.Equal(TimeSpan.FromMilliseconds(999), await scheduler.Get<SendChunks>().RunOnceAsync(CancellationToken.None));
        scheduler.Clock.Advance(TimeSpan.FromMilliseconds(998));
        Assert.Empty(await SendAsync());
        scheduler.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, Assert.Single(await SendAsync()).ChunkNo);

        // Where nobody was found there is nothing to rest from; half of them take half the time.
        await AnswerAsync(id, 2, next: "b", done: 0);
        Assert.Equal(3, Assert.Single(await SendAsync()).ChunkNo);
        await AnswerAsync(id, 3, next: "c", done: 5);
        scheduler.Clock.Advance(TimeSpan.FromMilliseconds(499));
        Assert.Equal(4, Assert.Single(await SendAsync()).ChunkNo);
    }

    [Fact]
    public async Task A_job_that_rests_takes_no_other_jobs_place()
    {
        for (var n = 0; n < 8; n++)
        {
            var slow = Guid.CreateVersion7().ToString();
            await Client.StartAsync(new() { Id = slow, Kind = Job.Types.Kind.Stop, JourneyId = Guid.Empty.ToString(), SubjectId = slow, PeoplePerSecond = 1 });
            await SendAsync();
            await AnswerAsync(slow, 1, next: "a", done: 1);
        }

        var quick = await StartAsync();

        Assert.Equal(quick, Assert.Single(await SendAsync()).JobId);
    }

    [Fact]
    public async Task Starting_a_job_again_returns_the_one_that_is_there()
    {
        var id = await StartAsync(total: 5);
        await SendAsync();
        await AnswerAsync(id, 1, next: "a", done: 3);

        var again = await Client.StartAsync(new() { Id = id, Kind = Job.Types.Kind.ListEnrollment, Total = 99 });

        Assert.Equal(await Client.GetAsync(id), again);
        Assert.Equal((3, 5), (again.Done, again.Total));
    }

    [Fact]
    public async Task Jobs_are_listed_newest_first_page_by_page_by_status_and_journey()
    {
        // Jobs that follow from moves have ids without an order.
        var journey = new JourneyNews(scheduler.Neighbour) { SiteId = siteId };
        var ids = new List<string>();
        async Task AddAsync(Func<Task> start)
        {
            scheduler.Clock.Advance(TimeSpan.FromSeconds(1));
            await start();
            ids.Insert(0, (await Client.ListAsync(new() { PageSize = 200 })).Jobs.Select(job => job.Id).Except(ids).Single());
        }

        await AddAsync(() => StartAsync());
        for (var n = 0; n < 4; n++)
        {
            await journey.PublishAsync(autoEnroll: false);
            await AddAsync(journey.ArchiveAsync);
        }

        await AddAsync(() => StartAsync());
        await Client.CancelAsync(ids[0]);

        var listed = new List<string>();
        for (var (token, isFirst) = ("", true); isFirst || token.Length > 0; isFirst = false)
        {
            var page = await Client.ListAsync(new() { PageSize = 2, PageToken = token });
            listed.AddRange(page.Jobs.Select(job => job.Id));
            token = page.NextPageToken;
        }

        Assert.Equal(ids, listed);
        Assert.Equal(ids[1..5], (await Client.ListAsync(new() { JourneyId = journey.JourneyId.ToString() })).Jobs.Select(job => job.Id));
        // Each newer archive job took the place of the one before.
        Assert.Equal(ids[..1].Concat(ids[2..5]), (await Client.ListAsync(new() { Status = { Status.Cancelled } })).Jobs.Select(job => job.Id));
        Assert.Equal([ids[1], ids[3]], (await Client.ListAsync(new() { Ids = { ids[3], ids[1], $"{Guid.NewGuid()}" } })).Jobs.Select(job => job.Id));
        Assert.Empty((await scheduler.As(Guid.CreateVersion7()).ListAsync(new() { Ids = { ids } })).Jobs);
        Assert.Empty((await scheduler.As(Guid.CreateVersion7()).ListAsync(new())).Jobs);
    }

    [Fact]
    public async Task Another_sites_job_is_not_found_and_bad_input_names_its_field()
    {
        var id = await StartAsync();
        var stranger = scheduler.As(Guid.CreateVersion7());

        Assert.Equal(StatusCode.NotFound, await RefusalAsync(() => stranger.GetAsync(id)));
        Assert.Equal(StatusCode.NotFound, await RefusalAsync(() => stranger.CancelAsync(id)));
        Assert.Equal(StatusCode.PermissionDenied, await RefusalAsync(() => stranger.StartAsync(new() { Id = id })));
        Assert.Equal(Status.Running, (await Client.GetAsync(id)).Status);
        foreach (var (field, call) in new (string, Func<Task>)[]
        {
            ("id", () => Client.GetAsync("x")),
            ("id", () => Client.CancelAsync("")),
            ("id", () => Client.StartAsync(new() { Id = "x", Kind = Job.Types.Kind.Erasure })),
            ("kind", () => Client.StartAsync(new() { Id = id, Kind = Job.Types.Kind.Release })),
            ("journeyId", () => Client.StartAsync(new() { Id = id, Kind = Job.Types.Kind.Erasure, JourneyId = "x" })),
            ("subjectId", () => Client.StartAsync(new() { Id = id, Kind = Job.Types.Kind.Erasure, SubjectId = new('x', 257) })),
            ("total", () => Client.StartAsync(new() { Id = id, Kind = Job.Types.Kind.Erasure, Total = -1 })),
            ("peoplePerSecond", () => Client.StartAsync(new() { Id = id, Kind = Job.Types.Kind.Stop, PeoplePerSecond = -1 })),
            ("peoplePerSecond", () => Client.StartAsync(new() { Id = id, Kind = Job.Types.Kind.Stop, PeoplePerSecond = 5_001 })),
            ("status", () => Client.ListAsync(new() { Status = { Status.Unspecified } })),
            ("journeyId", () => Client.ListAsync(new() { JourneyId = "x" })),
            ("ids[1]", () => Client.ListAsync(new() { Ids = { id, "x" } })),
            ("ids", () => Client.ListAsync(new() { Ids = { Enumerable.Repeat(id, 201) } })),
            ("pageSize", () => Client.ListAsync(new() { PageSize = -1 })),
            ("pageToken", () => Client.ListAsync(new() { PageToken = "x" })),
        })
        {
            var refusal = await Assert.ThrowsAsync<RpcException>(call);
            Assert.Equal((StatusCode.InvalidArgument, true), (refusal.StatusCode, refusal.Status.Detail.StartsWith($"{field}:", StringComparison.Ordinal)));
        }
    }

    async Task<string> StartAsync(int total = 0)
    {
        var id = Guid.CreateVersion7().ToString();
        await Client.StartAsync(
            new() { Id = id, Kind = Job.Types.Kind.ListEnrollment, JourneyId = Guid.Empty.ToString(), SubjectId = "list", Total = total });
        return id;
    }

    async Task<IReadOnlyList<ChunkRequested>> SendAsync()
    {
        await scheduler.Get<SendChunks>().RunOnceAsync(CancellationToken.None);
        return await TakeChunksAsync();
    }

    Task<IReadOnlyList<ChunkRequested>> TakeChunksAsync() => scheduler.TakeChunksAsync();

    Task AnswerAsync(string id, int chunkNo, string next = "", int done = 0, int changed = 0, bool last = false, string error = "")
    {
        scheduler.Clock.Advance(TimeSpan.FromMilliseconds(1));
        return scheduler.Neighbour.PublishAsync(new ChunkCompleted
        {
            JobId = id,
            ChunkNo = chunkNo,
            NextCursor = next,
            Done = done,
            Changed = changed,
            Last = last,
            Error = error,
        });
    }

    static async Task<StatusCode> RefusalAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).StatusCode;
}
