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

    public override Task<CheckChunkResponse> CheckChunk(CheckChunkRequest request, ServerCallContext context) =>
        Task.FromResult(new CheckChunkResponse { Wanted = !Ended.ContainsKey(request.JobId) });

    /// <summary>Takes no job over, as when the Scheduler is away: tests run jobs themselves.</summary>
    public override Task<Job> StartJob(StartJobRequest request, ServerCallContext context) =>
        throw new RpcException(new Status(StatusCode.Unavailable, "Only a real Scheduler keeps jobs."));

    public override Task<ListJourneyWorkResponse> ListJourneyWork(ListJourneyWorkRequest request, ServerCallContext context) =>
        Task.FromResult(new ListJourneyWorkResponse { Work = { request.JourneyIds.Where(Work.ContainsKey).Select(id => Work[id]) } });

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
            await app.DisposeAsync();
        app = null;
    }
}
