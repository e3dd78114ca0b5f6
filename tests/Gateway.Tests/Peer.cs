using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Identities;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Scheduler.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Journeys.Gateways.Tests;

/// <summary>A real gRPC service on the other side of the gateway. It keeps what arrives and answers what a test wants.</summary>
public sealed class Peer : IAsyncDisposable
{
    readonly WebApplication app;

    Peer(WebApplication app) => this.app = app;

    public string Address => app.Urls.First();

    /// <summary>What arrived, newest last.</summary>
    public ConcurrentQueue<Arrival> Arrivals { get; } = new();

    /// <summary>Answers a method by its name; others get an empty message.</summary>
    public ConcurrentDictionary<string, Func<IMessage, ServerCallContext, Task<IMessage>>> Answers { get; } = new();

    /// <summary>What streams send before they end.</summary>
    public Func<WatchRequest, IServerStreamWriter<WatchResponse>, ServerCallContext, Task> Watch { get; set; } = (_, _, _) => Task.CompletedTask;

    public Arrival Last => Arrivals.Last();

    public static async Task<Peer> StartAsync(string signingKey, params string[] settings)
    {
        var builder = WebApplication.CreateBuilder(
            ["--Identity:SigningKey", signingKey, "--Logging:LogLevel:Default=Critical", "--urls=http://127.0.0.1:0", .. settings]);
        builder.AddServiceDefaults("gateway");
        builder.AddServiceListener();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        Peer? peer = null;
        builder.Services.AddSingleton(_ => peer!);
        builder.Services.Configure<Grpc.AspNetCore.Server.GrpcServiceOptions>(grpc => grpc.Interceptors.Add<PeerAnswers>());
        var app = builder.Build();
        peer = new Peer(app);
        app.MapServiceDefaults();
        app.MapGrpcService<Journeys>();
        app.MapGrpcService<Audiences>();
        app.MapGrpcService<Enrollments>();
        app.MapGrpcService<Profiles>();
        app.MapGrpcService<UserLists>();
        app.MapGrpcService<Simulations>();
        app.MapGrpcService<Stops>();
        app.MapGrpcService<Sdk>();
        app.MapGrpcService<Scheduling>();
        app.MapGrpcService<DeadLetters>();
        await app.StartAsync();
        return peer;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    // The bases answer UNIMPLEMENTED; the interceptor answers before them.
    sealed class Journeys : JourneyService.JourneyServiceBase;

    sealed class Audiences : AudienceService.AudienceServiceBase;

    sealed class Enrollments : EnrollmentService.EnrollmentServiceBase;

    sealed class Profiles : ProfileService.ProfileServiceBase;

    sealed class UserLists : UserListService.UserListServiceBase;

    sealed class Simulations : SimulationService.SimulationServiceBase;

    sealed class Stops : StopService.StopServiceBase;

    sealed class Scheduling : SchedulerService.SchedulerServiceBase;

    sealed class DeadLetters : DeadLetterService.DeadLetterServiceBase;

    sealed class Sdk(Peer peer) : SdkService.SdkServiceBase
    {
        public override Task Watch(WatchRequest request, IServerStreamWriter<WatchResponse> responseStream, ServerCallContext context) =>
            peer.Watch(request, responseStream, context);
    }
}

/// <summary>A call as the service saw it.</summary>
public sealed record Arrival(string Method, IMessage Request, Caller? Caller, Metadata Headers);

/// <summary>Runs inside the identity check, in the place of the service.</summary>
public sealed class PeerAnswers(Peer peer) : Grpc.Core.Interceptors.Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var method = context.Method.Split('/')[^1];
        peer.Arrivals.Enqueue(new Arrival(method, (IMessage)request, context.Caller(), context.RequestHeaders));
        return peer.Answers.TryGetValue(method, out var answer)
            ? (TResponse)await answer((IMessage)request, context)
            : Activator.CreateInstance<TResponse>();
    }
}
