using Grpc.Core;
using Grpc.Net.Client;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Identities;
using Journeys.Protos.Options.V1;
using Journeys.Protos.Scheduler.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>A running service whose three rpcs need the roles VIEWER, EDITOR and SERVICE and do what the test says.</summary>
sealed class TestService : IAsyncDisposable
{
    WebApplication app = null!;

    public GrpcChannel Channel { get; private set; } = null!;

    public SchedulerService.SchedulerServiceClient Client => new(Channel);

    public string Address => app.Urls.First();

    /// <summary>Where health is answered in cleartext, beside TLS.</summary>
    public Uri HealthAddress => new(app.Urls.Last());

    public IdentityTokens Tokens => app.Services.GetRequiredService<IdentityTokens>();

    public static async Task<TestService> StartAsync(
        Func<ServerCallContext, Task<Job>> answer, NpgsqlDataSource? database = null, params string[] settings)
    {
        var builder = WebApplication.CreateBuilder(["--urls=http://127.0.0.1:0", .. settings]);
        builder.AddServiceDefaults("test");
        builder.AddServiceListener();
        builder.Services.AddSingleton(new Rpcs(answer));
        if (database is not null)
            builder.Services.AddSingleton(database);
        var app = builder.Build();
        app.MapGrpcService<Rpcs>();
        app.MapServiceDefaults();
        await app.StartAsync();
        return new TestService { app = app, Channel = GrpcChannel.ForAddress(app.Urls.First()) };
    }

    public Metadata As(Access.Types.Role role, Guid? site = null) => With(Tokens.Sign(new Caller(site ?? Guid.CreateVersion7(), "me", role)));

    public static Metadata With(string token) => new() { { "authorization", $"Bearer {token}" } };

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await app.DisposeAsync();
    }

    sealed class Rpcs(Func<ServerCallContext, Task<Job>> answer) : SchedulerService.SchedulerServiceBase
    {
        public override Task<Job> GetJob(GetJobRequest request, ServerCallContext context) => answer(context);

        public override Task<Job> CancelJob(CancelJobRequest request, ServerCallContext context) => answer(context);

        public override Task<Job> StartJob(StartJobRequest request, ServerCallContext context) => answer(context);
    }
}
