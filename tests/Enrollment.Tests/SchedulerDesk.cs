using System.Collections.Concurrent;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.Protos.Scheduler.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Journeys.Enrollments.Tests;

/// <summary>Answers the service under test in the Scheduler's place, where tests play the Scheduler: every chunk is wanted unless a test says otherwise.</summary>
public sealed class SchedulerDesk : SchedulerService.SchedulerServiceBase, IAsyncDisposable
{
    WebApplication? app;

    /// <summary>Jobs that wait for nothing.</summary>
    public ConcurrentDictionary<string, bool> Ended { get; } = new();

    /// <summary>What is under way for journeys.</summary>
    public ConcurrentDictionary<string, ListJourneyWorkResponse.Types.Work> Work { get; } = new();

    public async Task StartAsync(IReadOnlyList<string> settings, string url, TimeProvider time)
    {
        var builder = WebApplication.CreateBuilder([.. settings, $"--urls={url}", "--Kestrel:EndpointDefaults:Protocols=Http2"]);
        builder.Services.AddSingleton(time);
        builder.AddServiceDefaults("enrollment");
        builder.Services.AddSingleton(this);
        app = builder.Build();
        app.MapGrpcService<SchedulerDesk>();
        await app.StartAsync();
    }

    /// <summary>Jobs that it fails to look up.</summary>
    public ConcurrentDictionary<string, StatusCode> Failing { get; } = new();

    public override Task<CheckChunkResponse> CheckChunk(CheckChunkRequest request, ServerCallContext context) =>
        Failing.TryGetValue(request.JobId, out var status)
            ? throw new RpcException(new Status(status, "As the test wants it."))
            : Task.FromResult(new CheckChunkResponse
            {
                Wanted = Waiting.TryGetValue(request.JobId, out var chunkNo) ? chunkNo == request.ChunkNo : !Ended.ContainsKey(request.JobId),
            });

    /// <summary>The chunks that jobs wait for; the others wait for every chunk.</summary>
    public ConcurrentDictionary<string, int> Waiting { get; } = new();

    /// <summary>Whether it is of a release that knows no jobs that stop people or enroll them by a rule.</summary>
    public bool IsOlder { get; set; }

    /// <summary>The jobs that stop people, or enroll them by a rule, as they were started.</summary>
    public ConcurrentDictionary<string, StartJobRequest> Started { get; } = new();

    /// <summary>Takes no other job over, as when the Scheduler is away: tests run jobs themselves.</summary>
    public override Task<Job> StartJob(StartJobRequest request, ServerCallContext context)
    {
        if (request.Kind is not (Job.Types.Kind.Stop or Job.Types.Kind.UndoStop or Job.Types.Kind.RuleEnrollment))
            throw new RpcException(new Status(StatusCode.Unavailable, "Only a real Scheduler keeps jobs."));

        if (IsOlder)
            throw new InvalidInput("kind", "must be LIST_ENROLLMENT or ERASURE; others start automatically.");

        var first = Started.GetOrAdd(request.Id, request);
        return Task.FromResult(new Job { Id = first.Id, Kind = first.Kind, Status = Job.Types.Status.Running, Total = first.Total, SubjectId = first.SubjectId });
    }

    /// <summary>The jobs that were started, each with half of its people done.</summary>
    public override Task<ListJobsResponse> ListJobs(ListJobsRequest request, ServerCallContext context) => Task.FromResult(new ListJobsResponse
    {
        Jobs =
        {
            request.Ids.Where(Started.ContainsKey).Select(id => new Job
            {
                Id = id,
                Kind = Started[id].Kind,
                Status = Job.Types.Status.Running,
                Total = Started[id].Total,
                Changed = Started[id].Total / 2,
            }),
        },
    });

    /// <summary>Whether it takes calls about work and never answers, and how many it took.</summary>
    public (bool Hangs, int Taken) Silence { get; set; }

    public override async Task<ListJourneyWorkResponse> ListJourneyWork(ListJourneyWorkRequest request, ServerCallContext context)
    {
        if (Silence.Hangs)
        {
            Silence = (true, Silence.Taken + 1);
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }

        return new ListJourneyWorkResponse { Work = { request.JourneyIds.Where(Work.ContainsKey).Select(id => Work[id]) } };
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
            await app.DisposeAsync();
        app = null;
    }
}
