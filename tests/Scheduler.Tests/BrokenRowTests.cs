using System.Diagnostics.Metrics;
using Google.Rpc;
using Grpc.Core;
using Journeys.Protos.Events.V1;
using Journeys.Protos.Options.V1;
using Journeys.Protos.Scheduler.V1;

namespace Journeys.Scheduling.Tests;

/// <summary>Rows that no program can read, as an older release, a restore or a hand left them before the constraints came.</summary>
public sealed class BrokenRowTests(SchedulerUnderTest scheduler) : IClassFixture<SchedulerUnderTest>
{
    readonly JourneyNews journey = new(scheduler.Neighbour);

    [Theory]
    [InlineData("0044-03-15 12:00+00 BC")]
    [InlineData("-infinity")]
    public async Task A_timer_that_cannot_be_read_keeps_no_other_from_being_sent(string unreadable)
    {
        var due = new DateTimeOffset(2050, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var timers = await journey.TimersAsync(3, due);
        await BreakAsync("timer", "timer_readable", $"update scheduler.timer set due_at = '{unreadable}' where enrollment_id = '{timers[0].EnrollmentId}'");

        // With nothing else to do, the loop rests: one that finds the broken timer due again and again does not.
        var sending = scheduler.Get<SendDueTimers>();
        await sending.RunOnceAsync(CancellationToken.None);
        Assert.Equal(TimeSpan.FromSeconds(2), await sending.RunOnceAsync(CancellationToken.None));
        await sending.SendAsync(due.AddHours(1), CancellationToken.None);

        Assert.Equal([timers[1], timers[2]], scheduler.Neighbour.ElapsedOf(journey.SiteId));
        await AssertReportedAsync("timer");

        await scheduler.ExecuteAsync($"update scheduler.timer set due_at = '2050-01-01' where enrollment_id = '{timers[0].EnrollmentId}'");
        await sending.SendAsync(due.AddHours(1), CancellationToken.None);
        Assert.Equal(3, scheduler.Neighbour.ElapsedOf(journey.SiteId).Count);
    }

    [Theory]
    [InlineData("0044-03-15 12:00+00 BC")]
    [InlineData("infinity")]
    public async Task A_parked_timer_that_cannot_be_read_keeps_no_other_from_being_released(string unreadable)
    {
        var due = new DateTimeOffset(2060, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var other = new JourneyNews(scheduler.Neighbour) { SiteId = journey.SiteId };
        var timers = (await ParkAsync(journey, 2, due)).Concat(await ParkAsync(other, 1, due)).ToList();
        await BreakAsync(
            "parked_timer", "parked_timer_readable",
            $"update scheduler.parked_timer set due_at = '{unreadable}' where enrollment_id = '{timers[0].EnrollmentId}'");
        await journey.ResumeAsync();
        await other.ResumeAsync();

        var release = scheduler.Get<ReleaseTimers>();
        await release.ReleaseAsync(due.AddHours(2), CancellationToken.None);

        Assert.Equal(
            timers.Skip(1).Select(timer => timer.EnrollmentId).Order(),
            scheduler.Neighbour.ElapsedOf(journey.SiteId).Select(timer => timer.EnrollmentId).Order());
        // The release is over, so that Enrollment's watchdog looks after whom the broken row was for.
        var work = await new WorkQueries(scheduler.Database).ListAsync(journey.SiteId, [journey.JourneyId], CancellationToken.None);
        Assert.False(Assert.Single(work).Parked);
        await AssertReportedAsync("parked_timer");

        await scheduler.ExecuteAsync($"update scheduler.parked_timer set due_at = '2060-01-01' where enrollment_id = '{timers[0].EnrollmentId}'");
        await release.ReleaseAsync(due.AddHours(3), CancellationToken.None);
        Assert.Equal(3, scheduler.Neighbour.ElapsedOf(journey.SiteId).Count);
    }

    [Theory]
    [InlineData("infinity")]
    [InlineData("4000-01-01 00:00+00")]
    public async Task A_journey_that_was_released_in_the_far_future_is_released_like_the_others(string releasedAt)
    {
        var due = new DateTimeOffset(2070, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await ParkAsync(journey, 2, due);
        await journey.ResumeAsync();
        await scheduler.ExecuteAsync($"update scheduler.journey set released_at = '{releasedAt}' where journey_id = '{journey.JourneyId}'");

        await scheduler.Get<ReleaseTimers>().ReleaseAsync(due.AddHours(2), CancellationToken.None);

        Assert.Equal(2, scheduler.Neighbour.ElapsedOf(journey.SiteId).Count);
    }

    [Theory]
    [InlineData("kind = 'TELEPATHY'")]
    [InlineData("created_at = '0044-03-15 12:00+00 BC'")]
    [InlineData("sent_at = 'infinity'")]
    public async Task A_job_that_cannot_be_read_keeps_no_other_from_coming_on(string change)
    {
        // Those that other tests of this class left.
        await scheduler.ExecuteAsync("delete from scheduler.job");
        var (broken, sound) = (await StartAsync(journey.SiteId), await StartAsync(Guid.CreateVersion7()));
        await BreakAsync("job", "job_readable", $"update scheduler.job set {change} where job_id = '{broken}'");
        var sending = scheduler.OfReplica<SendChunks>(new() { JobsAtOnce = 1 });

        await sending.RunOnceAsync(CancellationToken.None);

        var chunk = Assert.Single(await scheduler.TakeChunksAsync());
        Assert.Equal(sound, chunk.JobId);
        await AssertReportedAsync("job");
        var ofSite = scheduler.As(journey.SiteId, Access.Types.Role.Service);
        var other = await StartAsync(journey.SiteId);
        Assert.Equal(other, Assert.Single((await ofSite.ListAsync(new())).Jobs).Id);
        foreach (var call in (Func<Task>[])
            [async () => await ofSite.GetAsync(broken), async () => await ofSite.CancelAsync(broken)])
        {
            var refusal = await Assert.ThrowsAsync<RpcException>(call);
            Assert.Equal((StatusCode.FailedPrecondition, "JOB_UNREADABLE"), (refusal.StatusCode, refusal.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason));
        }

        await ofSite.CancelAsync(other);
        await scheduler.Neighbour.PublishAsync(new ChunkCompleted { JobId = sound, ChunkNo = chunk.ChunkNo, Last = true });
        await scheduler.ExecuteAsync(
            $"update scheduler.job set kind = 'LIST_ENROLLMENT', created_at = updated_at, sent_at = null where job_id = '{broken}'");
        await sending.RunOnceAsync(CancellationToken.None);
        chunk = Assert.Single(await scheduler.TakeChunksAsync());
        Assert.Equal(broken, chunk.JobId);
        await scheduler.Neighbour.PublishAsync(new ChunkCompleted { JobId = broken, ChunkNo = chunk.ChunkNo, Last = true });
    }

    async Task<string> StartAsync(Guid siteId) => (await scheduler.As(siteId, Access.Types.Role.Service).StartAsync(new()
    {
        Id = Guid.CreateVersion7().ToString(),
        Kind = Job.Types.Kind.ListEnrollment,
        JourneyId = journey.JourneyId.ToString(),
        SubjectId = Guid.CreateVersion7().ToString(),
    })).Id;

    async Task<IReadOnlyList<Protos.Events.V1.Timer>> ParkAsync(JourneyNews paused, int count, DateTimeOffset due)
    {
        await paused.PublishAsync();
        await paused.PauseAsync();
        var timers = await paused.TimersAsync(count, due);
        await scheduler.Get<SendDueTimers>().SendAsync(due.AddHours(1), CancellationToken.None);
        return timers;
    }

    // The constraints look at new rows only, so they are away while an old one comes.
    async Task BreakAsync(string table, string constraint, string change)
    {
        var readable = await scheduler.ScalarAsync<string>("select pg_get_constraintdef(oid) from pg_constraint where conname = $1", constraint);
        await scheduler.ExecuteAsync($"""
            alter table scheduler.{table} drop constraint {constraint};
            alter table scheduler.{table} drop constraint if exists job_kind_check;
            {change};
            alter table scheduler.{table} add constraint {constraint} {readable}
            """);
    }

    async Task AssertReportedAsync(string table)
    {
        var count = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "journeys.rows.unreadable" && instrument.Meter.Scope == scheduler.Get<IMeterFactory>())
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => count += (string)tags[0].Value! == $"scheduler.{table}" ? value : 0);
        await scheduler.Get<UnreadableRows>().RunOnceAsync(CancellationToken.None);
        listener.Start();

        listener.RecordObservableInstruments();

        Assert.Equal(1, count);
    }
}
