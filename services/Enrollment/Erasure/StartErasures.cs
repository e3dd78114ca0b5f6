using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Profiles;
using Npgsql;
using Job = Journeys.Protos.Scheduler.V1.Job;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Erasure;

/// <summary>
/// Starts erasure jobs in the Scheduler. The loop starts those that the call could not start, because of a crash or an
/// outage, and those that are not done after an hour, because the Scheduler's database or this one may have been
/// restored from a backup.
/// </summary>
public sealed class StartErasures(
    NpgsqlDataSource source, Scheduler.SchedulerService.SchedulerServiceClient scheduler, TimeProvider time, ILogger<StartErasures> logger) : IChore
{
    const int Batch = 20;
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    static readonly TimeSpan UntilAsked = TimeSpan.FromHours(1);

    // The position at which the next run continues, so that refused jobs do not hide those behind them.
    Guid reached;

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var erasures = await ErasureStore.ListToStartAsync(source, time.GetUtcNow() - UntilAsked, reached, Batch, ct);
        foreach (var erasure in erasures)
            await TryAsync(erasure, ct);

        reached = erasures.Count == Batch ? erasures[^1].JobId : Guid.Empty;
        return erasures.Count == Batch ? TimeSpan.Zero : Interval;
    }

    // Catches errors, because a refused job must not affect the others.
    async Task TryAsync(ErasureRow erasure, CancellationToken ct)
    {
        try
        {
            var job = await StartAsync(erasure, ct);
            if (job.Status != Job.Types.Status.Running)
                await StartAnewAsync(erasure, job, ct);
        }
        catch (RpcException exception)
        {
            logger.LogError(exception, "The Scheduler refuses erasure job {JobId} of site {SiteId}", erasure.JobId, erasure.SiteId);
        }
    }

    // A job ends after the rows are removed. Either that has just happened, or the rows came back from a backup.
    async Task StartAnewAsync(ErasureRow erasure, Job ended, CancellationToken ct)
    {
        var next = FreshId.Make(time.GetUtcNow());
        var isLeft = await source.InTransactionAsync(
            async transaction =>
            {
                if (!await ErasureStore.ExchangeJobAsync(transaction, erasure, next, ct))
                    return false;
                await ErasedPersonStore.ExchangeJobAsync(transaction, erasure.SiteId, erasure.JobId, next, ct);
                return true;
            },
            ct);
        if (!isLeft)
            return;

        logger.LogWarning(
            "Erasure job {JobId} of site {SiteId} is {Status} for the Scheduler; what is left of it here becomes job {NextJobId}",
            erasure.JobId, erasure.SiteId, ended.Status, next);
    }

    /// <summary>
    /// Starts the job. If the Scheduler does not answer, returns the job as it will be when it starts.
    /// </summary>
    /// <remarks>The Scheduler returns the existing job for a repeated id.</remarks>
    public async Task<Job> StartAsync(ErasureRow erasure, CancellationToken ct)
    {
        var (id, subject) = (erasure.JobId.ToString(), erasure.ProfileId.ToString());
        try
        {
            var job = await scheduler.StartJobAsync(
                new() { Id = id, Kind = Job.Types.Kind.Erasure, SubjectId = subject, Total = 1 }, ServiceCall.For(erasure.SiteId, ct));
            Crash.At(CrashPoint.ErasureStarted);
            await ErasureStore.NoteStartedAsync(source, erasure, time.GetUtcNow(), ct);
            return job;
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
        {
            logger.LogWarning("The Scheduler does not answer ({Status}); erasure job {JobId} starts when it does", exception.StatusCode, id);
            return new() { Id = id, Kind = Job.Types.Kind.Erasure, Status = Job.Types.Status.Running, SubjectId = subject, Total = 1 };
        }
    }
}
