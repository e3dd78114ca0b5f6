using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Journeys.Protos;
using Journeys.Protos.Scheduler.V1;
using Microsoft.Extensions.Options;
using Npgsql;
using Proto = Journeys.Protos.Scheduler.V1;

namespace Journeys.Scheduling;

/// <summary>The gRPC service for timers and jobs.</summary>
public sealed class SchedulerGrpcService(
    NpgsqlDataSource source, JobStore jobs, TimerQueries timers, WorkQueries work, IOptions<SchedulerOptions> options, Wake<SendChunks> wake,
    TimeProvider time)
    : SchedulerService.SchedulerServiceBase
{
    const int MaxJourneys = 1_000;
    const int MaxIds = 200;

    // The kinds of jobs that other services start.
    static readonly Job.Types.Kind[] Requested =
    [
        Job.Types.Kind.ListEnrollment, Job.Types.Kind.RuleEnrollment, Job.Types.Kind.Erasure, Job.Types.Kind.Stop, Job.Types.Kind.UndoStop,
    ];

    public override async Task<Job> GetJob(GetJobRequest request, ServerCallContext context) =>
        (await FindAsync(context, request.Id)).ToProto();

    public override async Task<ListJobsResponse> ListJobs(ListJobsRequest request, ServerCallContext context)
    {
        var size = Check.PageSize(request.PageSize);
        var before = PageToken.Decode<Before>(request.PageToken);
        var statuses = Check.Values(request.Status, "status");
        var ids = Check.Count(request.Ids, 0, MaxIds, "ids").Select((id, index) => Check.Uuid(id, $"ids[{index}]")).ToArray();

        var rows = await jobs.ListAsync(
            context.SiteId(), statuses, Check.OptionalUuid(request.JourneyId, "journeyId"), ids, before?.CreatedAt, before?.JobId, size + 1,
            context.CancellationToken);

        return new()
        {
            Jobs = { rows.Take(size).Select(row => row.ToProto()) },
            NextPageToken = rows.Count > size ? PageToken.Encode(new Before(rows[size - 1].CreatedAt, rows[size - 1].JobId)) : "",
        };
    }

    public override async Task<Job> CancelJob(CancelJobRequest request, ServerCallContext context)
    {
        var job = await FindAsync(context, request.Id);
        // Cancelling would leave a person half erased.
        if (job is { Kind: JobKinds.Erasure, Status: JobStatuses.Running })
            throw new Refused("ERASURE_NOT_CANCELLABLE", "An erasure cannot be cancelled.");
        await jobs.CancelAsync(job.SiteId, job.JobId, time.GetUtcNow(), context.CancellationToken);
        return (await FindAsync(context, request.Id)).ToProto();
    }

    public override async Task<TimerLag> GetTimerLag(GetTimerLagRequest request, ServerCallContext context)
    {
        var lag = await timers.MeasureAsync(context.SiteId(), context.CancellationToken);
        return new()
        {
            LagSeconds = lag.LagSeconds,
            Due = lag.Due,
            Pending = lag.Pending,
            Parked = lag.Parked,
            MeasureTime = time.GetUtcNow().ToTimestamp(),
        };
    }

    public override async Task<Proto.Release> GetRelease(GetReleaseRequest request, ServerCallContext context)
    {
        var journeyId = Check.Uuid(request.JourneyId, "journeyId");
        var row = await work.FindReleaseAsync(context.SiteId(), journeyId, context.CancellationToken)
            ?? throw new NotFound("journey", journeyId);
        return row.ToProto(options.Value.ReleasePerSecond);
    }

    public override async Task<Job> StartJob(StartJobRequest request, ServerCallContext context)
    {
        var jobId = Check.Uuid(request.Id, "id");
        if (!Requested.Contains(request.Kind))
            throw new InvalidInput("kind", $"must be one of {string.Join(", ", Requested.Select(kind => kind.Text()))}; others start automatically.");

        await source.InTransactionAsync(
            transaction => JobStore.AddAsync(
                transaction, context.SiteId(), jobId, request.Kind.Text(), Check.OptionalUuid(request.JourneyId, "journeyId"),
                Check.Text(request.SubjectId, 0, Limits.PersonId, "subjectId"), Check.Range(request.Total, 0, int.MaxValue, "total"), time.GetUtcNow(),
                context.CancellationToken, Check.Range(request.PeoplePerSecond, 0, Limits.PeoplePerSecond, "peoplePerSecond")),
            context.CancellationToken);
        wake.Set();
        return (await FindAsync(context, request.Id)).ToProto();
    }

    public override async Task<CheckChunkResponse> CheckChunk(CheckChunkRequest request, ServerCallContext context) =>
        new() { Wanted = await jobs.WantsAsync(Check.Uuid(request.JobId, "jobId"), request.ChunkNo, context.CancellationToken) };

    public override async Task<ListJourneyWorkResponse> ListJourneyWork(ListJourneyWorkRequest request, ServerCallContext context)
    {
        var journeyIds = Check.Count(request.JourneyIds, 0, MaxJourneys, "journeyIds")
            .Select((id, index) => Check.Uuid(id, $"journeyIds[{index}]"))
            .ToArray();
        var rows = await work.ListAsync(context.SiteId(), journeyIds, context.CancellationToken);
        return new() { Work = { rows.Select(row => row.ToProto()) }, ReleasePerSecond = options.Value.ReleasePerSecond };
    }

    async Task<JobRow> FindAsync(ServerCallContext context, string id)
    {
        var jobId = Check.Uuid(id, "id");
        return await jobs.FindAsync(context.SiteId(), jobId, context.CancellationToken) ?? throw new NotFound("job", jobId);
    }

    sealed record Before(DateTimeOffset CreatedAt, Guid JobId);
}
