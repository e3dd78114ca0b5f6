using Dapper;
using Journeys.Enrollments.Erasure;
using Journeys.Testing;
using Events = Journeys.Protos.Events.V1;
using Job = Journeys.Protos.Scheduler.V1.Job;
using Moved = Journeys.Protos.Definition.V1.Journey.Types.Status;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>One of two databases comes back from a backup: the Scheduler has forgotten what Enrollment has done, or Enrollment what the Scheduler has.</summary>
public sealed class RestoredDatabaseTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const int People = 9;
    const string ByTwos = "--Scheduler:PeoplePerChunk=2";

    readonly TestSite site = service.NewSite();

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_list_enrollment_goes_on_where_Enrollment_is_and_counts_everybody_once(int chunks)
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service, ByTwos);
        var journey = await site.PublishAsync(Designs.Row("\"reEnrollment\": \"ALWAYS\",", Designs.Start, Designs.End));
        var list = await site.Lists.CreateUserListAsync(new() { Name = $"{journey}" });
        await site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { Enumerable.Range(0, People).Select(n => $"u{n}") } });
        var job = (await site.Enrollments.EnrollUsersAsync(new() { JourneyId = $"{journey}", ListId = list.Id })).Job;
        await AnswerAsync(scheduler, job.Id, 1);
        await BackUpAsync();
        await AnswerAsync(scheduler, job.Id, chunks);

        await RestoreAsync();
        await scheduler.PumpAsync();

        var ended = await scheduler.JobsOf(site).GetJobAsync(new() { Id = job.Id });
        Assert.Equal((Job.Types.Status.Completed, People, People, People), (ended.Status, ended.Done, ended.Changed, ended.Total));
        Assert.Equal(People, (await site.EnrollmentsAsync(journey)).Count);
    }

    [Fact]
    public async Task An_archiving_lets_everybody_out_who_is_left()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service, ByTwos);
        var journey = Guid.CreateVersion7();
        await site.TellAllAsync(site.Published(journey, Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End)));
        await site.Enrollments.EnrollUsersAsync(new() { JourneyId = $"{journey}", UserIds = { Enumerable.Range(0, People).Select(n => $"u{n}") } });
        await site.TellAllAsync(new Events.JourneyArchived { State = site.Move(journey, Moved.Archived) });
        var job = (await scheduler.JobsOf(site).ListJobsAsync(new())).Jobs.Single(job => job.Kind == Job.Types.Kind.Archive);
        await AnswerAsync(scheduler, job.Id, 1);
        await BackUpAsync();
        await AnswerAsync(scheduler, job.Id, 3);

        await RestoreAsync();
        await scheduler.PumpAsync();

        Assert.All(await site.EnrollmentsAsync(journey), enrollment => Assert.Equal(Status.Archived, enrollment.Status));
        var ended = await scheduler.JobsOf(site).GetJobAsync(new() { Id = job.Id });
        Assert.Equal((Job.Types.Status.Completed, People, People, People), (ended.Status, ended.Done, ended.Changed, ended.Total));
    }

    [Fact]
    public async Task An_erasure_of_which_the_Scheduler_knows_nothing_any_more_is_started_again()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        await site.DoAsync("u1", "paid");
        var job = (await site.Profiles.EraseUserAsync(new() { UserId = "u1" })).Job;
        await ExecuteAsync("delete from scheduler.job");
        await scheduler.PumpAsync();
        Assert.Equal(1, await EventsAsync());

        service.Clock.Advance(TimeSpan.FromHours(2));
        await service.Get<StartErasures>().RunOnceAsync(CancellationToken.None);
        await scheduler.PumpAsync();

        Assert.Equal(0, await EventsAsync());
        Assert.Equal(Job.Types.Status.Completed, (await scheduler.JobsOf(site).GetJobAsync(new() { Id = job.Id })).Status);
    }

    [Fact]
    public async Task An_erasure_that_is_done_for_the_Scheduler_and_not_for_Enrollment_is_done_again()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        await site.DoAsync("u1", "paid");
        await site.Profiles.EraseUserAsync(new() { UserId = "u1" });
        // Enrollment comes back from a backup of a moment when the job had not begun.
        await ExecuteAsync("create table public.erasure as table enrollment.erasure; create table public.event as table enrollment.event");
        await scheduler.PumpAsync();
        Assert.Equal(0, await EventsAsync());
        await ExecuteAsync("""
            insert into enrollment.erasure table public.erasure; insert into enrollment.event table public.event; delete from enrollment.job_chunk;
            drop table public.erasure; drop table public.event
            """);

        service.Clock.Advance(TimeSpan.FromHours(2));
        await service.Get<StartErasures>().RunOnceAsync(CancellationToken.None);
        await service.Get<StartErasures>().RunOnceAsync(CancellationToken.None);
        await scheduler.PumpAsync();

        Assert.Equal(0, await EventsAsync());
        var again = (await site.Profiles.EraseUserAsync(new() { UserId = "u1" })).Job;
        Assert.Equal(Job.Types.Status.Completed, again.Status);
    }

    // Has Enrollment do chunks of a job until so many are answered.
    Task AnswerAsync(SchedulerBeside scheduler, string jobId, int chunks) => Eventually.True(
        async () =>
        {
            await scheduler.SendAsync();
            return await CountAsync($"select chunk_no - 1 from scheduler.job where job_id = '{jobId}'") >= chunks;
        },
        $"{chunks} chunks to be answered");

    Task BackUpAsync() => ExecuteAsync("create table public.job as table scheduler.job");

    Task RestoreAsync() => ExecuteAsync("delete from scheduler.job; insert into scheduler.job table public.job; drop table public.job");

    Task<int> EventsAsync() => CountAsync($"select count(*) from enrollment.event where site_id = '{site.Id}'");

    async Task<int> CountAsync(string sql)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>(sql);
    }

    async Task ExecuteAsync(string sql)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }
}
