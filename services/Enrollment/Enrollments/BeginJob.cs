using Google.Rpc;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Requests;
using Npgsql;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Stores what a job needs, and starts the job. The caller repeats the request until it is answered.</summary>
public sealed class BeginJob(
    NpgsqlDataSource source, IdempotencyKeys keys, Scheduler.SchedulerService.SchedulerServiceClient scheduler, TimeProvider time,
    ILogger<BeginJob> logger)
{
    // Replicas of the Scheduler are replaced within minutes.
    static readonly TimeSpan SchedulerIsOlder = TimeSpan.FromSeconds(10);

    /// <summary>How a request becomes a job.</summary>
    /// <param name="Read">Checks the request and returns what the job needs, for a job with this id.</param>
    /// <param name="Add">Stores it.</param>
    /// <param name="Find">Returns what was stored; null when it is gone.</param>
    /// <param name="ToRequest">Describes the job to the Scheduler, except for its id.</param>
    /// <param name="Claimed">The crash point between both writes.</param>
    public sealed record Steps<TRow>(
        Func<Guid, Task<TRow>> Read, Func<NpgsqlTransaction, TRow, Task> Add, Func<NpgsqlTransaction, Guid, Task<TRow?>> Find,
        Func<TRow, Scheduler.StartJobRequest> ToRequest, CrashPoint Claimed)
        where TRow : class;

    /// <summary>Returns the job. A repeat of the request returns the same job.</summary>
    /// <exception cref="Unreachable">Only a newer release of the Scheduler knows jobs of this kind.</exception>
    public async Task<Scheduler.Job> HandleAsync<TRow>(Guid siteId, RequestKey? key, Steps<TRow> steps, CancellationToken ct)
        where TRow : class
    {
        var jobId = await keys.FindAsync(key, ct) is { Made: [var known, ..] } ? known : await AddAsync(key, steps, ct);
        // The Scheduler returns the existing job for a repeated id, so a repeat after a crash at this point starts no
        // second job.
        Crash.At(steps.Claimed);
        var row = await source.InTransactionAsync(transaction => steps.Find(transaction, jobId), ct) ?? throw new NotFound("job", jobId);
        return await StartAsync(siteId, jobId, steps.ToRequest(row), ct);
    }

    async Task<Guid> AddAsync<TRow>(RequestKey? key, Steps<TRow> steps, CancellationToken ct)
        where TRow : class
    {
        var jobId = FreshId.Make(time.GetUtcNow());
        var row = await steps.Read(jobId);
        return await source.InTransactionAsync(
            async transaction =>
            {
                if (await keys.ClaimAsync(transaction, key, [jobId], ct) is { Made: [var first, ..] })
                    return first;

                await steps.Add(transaction, row);
                return jobId;
            },
            ct);
    }

    /// <summary>Starts a job. A repeat returns the job that is there.</summary>
    /// <exception cref="Unreachable">Only a newer release of the Scheduler knows jobs of this kind.</exception>
    public async Task<Scheduler.Job> StartAsync(Guid siteId, Guid jobId, Scheduler.StartJobRequest request, CancellationToken ct)
    {
        request.Id = jobId.ToString();
        try
        {
            return await scheduler.StartJobAsync(request, ServiceCall.For(siteId, ct));
        }
        catch (RpcException refusal) when (IsAboutKind(refusal))
        {
            logger.LogWarning("The Scheduler is of an older release, which does not know jobs of the kind {Kind}", request.Kind);
            throw new Unreachable { RetryAfter = SchedulerIsOlder };
        }
    }

    static bool IsAboutKind(RpcException refusal) =>
        refusal.StatusCode == StatusCode.InvalidArgument
        && refusal.GetRpcStatus()?.GetDetail<BadRequest>() is { FieldViolations: [{ Field: "kind" }] };
}
