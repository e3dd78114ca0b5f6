using Dapper;
using Grpc.Core;
using Journeys.Enrollments.Jobs;
using Journeys.Protos.Enrollment.V1;
using Events = Journeys.Protos.Events.V1;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;

namespace Journeys.Enrollments.Tests;

/// <summary>A chunk of a job acts only while its job waits for just that chunk, however old it is and whatever was forgotten.</summary>
public sealed class OldChunkTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_list_is_not_enrolled_again_when_its_slice_comes_after_its_answer_was_forgotten()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        var journey = await site.PublishAsync(Designs.Row("\"reEnrollment\": \"ALWAYS\",", Designs.Start, Designs.Content("one"), Designs.End));
        var list = await site.Lists.CreateUserListAsync(new() { Name = $"{journey}" });
        await site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { "u1", "u2" } });
        var job = (await site.Enrollments.EnrollUsersAsync(new() { JourneyId = $"{journey}", ListId = list.Id })).Job;
        await scheduler.PumpAsync();
        foreach (var user in (string[])["u1", "u2"])
            await site.ReportAsync(journey, user, "one");
        service.Clock.Advance(TimeSpan.FromDays(2));
        await service.Get<ForgetChunks>().RunOnceAsync(CancellationToken.None);
        Assert.Equal(0, await RememberedAsync(job.Id));

        await service.Get<ProcessChunk>().HandleAsync(
            new() { JobId = job.Id, SiteId = $"{site.Id}", Kind = Kind.ListEnrollment, ChunkNo = 1, Limit = 500, JourneyId = $"{journey}", SubjectId = list.Id },
            CancellationToken.None);

        Assert.Equal([1, 1], (await site.EnrollmentsAsync(journey)).Select(enrollment => enrollment.Attempt));
    }

    [Theory]
    [InlineData(Kind.AudienceSweep)]
    [InlineData(Kind.ListEnrollment)]
    [InlineData(Kind.Archive)]
    [InlineData(Kind.Release)]
    [InlineData(Kind.Erasure)]
    [InlineData(Kind.Stop)]
    [InlineData(Kind.RuleEnrollment)]
    [InlineData(Kind.UndoStop)]
    public async Task A_slice_of_any_kind_that_its_job_does_not_wait_for_does_nothing_and_is_not_answered(Kind kind)
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.ArchiveAsync(journey);
        var chunk = new Events.ChunkRequested
        {
            JobId = $"{Guid.NewGuid()}",
            SiteId = $"{site.Id}",
            Kind = kind,
            ChunkNo = 3,
            Limit = 500,
            JourneyId = $"{journey}",
            SubjectId = $"{Guid.NewGuid()}",
        };
        service.Desk.Ended[chunk.JobId] = true;

        await service.Get<ProcessChunk>().HandleAsync(chunk, CancellationToken.None);

        Assert.DoesNotContain(await site.SentAsync<Events.ChunkCompleted>(), answer => answer.JobId == chunk.JobId);
        Assert.Equal(Enrollment.Types.Status.Active, (await site.EnrollmentsAsync(journey)).Single().Status);
    }

    [Fact]
    public async Task A_slice_of_a_kind_that_only_a_newer_release_knows_is_left_to_a_replica_of_that_release()
    {
        var chunk = new Events.ChunkRequested { JobId = $"{Guid.NewGuid()}", SiteId = $"{site.Id}", Kind = (Kind)99, ChunkNo = 1, Limit = 500 };

        await service.Get<ProcessChunk>().HandleAsync(chunk, CancellationToken.None);

        Assert.DoesNotContain(await site.SentAsync<Events.ChunkCompleted>(), answer => answer.JobId == chunk.JobId);
        Assert.Equal(0, await RememberedAsync(chunk.JobId));
    }

    [Theory]
    [InlineData(StatusCode.Internal, 110)]
    [InlineData(StatusCode.DeadlineExceeded, 3)]
    [InlineData(StatusCode.Unavailable, 3)]
    public async Task Jobs_that_the_Scheduler_cannot_look_up_keep_no_other_from_being_forgotten(StatusCode status, int count)
    {
        var (failing, ended) = (Enumerable.Range(0, count).Select(_ => Guid.NewGuid()).ToList(), Guid.NewGuid());
        await using (var connection = await service.Database.OpenConnectionAsync())
            await connection.ExecuteAsync("""
                insert into enrollment.job_chunk (job_id, chunk_no, answer, answered_at)
                select job.id, 1, '', @now + job.no * interval '1 millisecond'
                from unnest(@jobs) with ordinality as job(id, no)
                """, new { jobs = failing.Append(ended).ToArray(), now = service.Clock.GetUtcNow() });
        service.Clock.Advance(TimeSpan.FromDays(2));
        service.Desk.Ended[$"{ended}"] = true;
        foreach (var job in failing)
            service.Desk.Failing[$"{job}"] = status;

        var forget = service.Get<ForgetChunks>();
        await forget.RunOnceAsync(CancellationToken.None);
        await forget.RunOnceAsync(CancellationToken.None);
        Assert.Equal((1, 0), (await RememberedAsync($"{failing[0]}"), await RememberedAsync($"{ended}")));

        // Once it can, they are forgotten too.
        service.Desk.Failing.Clear();
        foreach (var job in failing)
            service.Desk.Ended[$"{job}"] = true;
        service.Clock.Advance(TimeSpan.FromDays(2));
        await forget.RunOnceAsync(CancellationToken.None);
        await forget.RunOnceAsync(CancellationToken.None);
        foreach (var job in failing)
            Assert.Equal(0, await RememberedAsync($"{job}"));
    }

    [Fact]
    public async Task An_answer_that_the_Scheduler_still_waits_for_is_not_forgotten()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.ArchiveAsync(journey);
        var chunk = new Events.ChunkRequested
        {
            JobId = $"{Guid.NewGuid()}",
            SiteId = $"{site.Id}",
            Kind = Kind.Archive,
            ChunkNo = 1,
            Limit = 500,
            JourneyId = $"{journey}",
        };
        await service.Get<ProcessChunk>().HandleAsync(chunk, CancellationToken.None);
        service.Clock.Advance(TimeSpan.FromDays(2));

        await service.Get<ForgetChunks>().RunOnceAsync(CancellationToken.None);
        Assert.Equal(1, await RememberedAsync(chunk.JobId));
        service.Desk.Ended[chunk.JobId] = true;
        service.Clock.Advance(TimeSpan.FromDays(2));
        await service.Get<ForgetChunks>().RunOnceAsync(CancellationToken.None);
        Assert.Equal(0, await RememberedAsync(chunk.JobId));
    }

    async Task<int> RememberedAsync(string jobId)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>("select count(*) from enrollment.job_chunk where job_id = @id", new { id = Guid.Parse(jobId) });
    }
}
