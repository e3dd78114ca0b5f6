using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Journeys.BuildingBlocks.Identities;
using Journeys.Definitions;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Options.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Journeys.Enrollments.Tests;

/// <summary>The real Definition beside the Enrollment under test: same database and clock. Its loops rest, so that no message ever leaves its outbox.</summary>
public sealed class DefinitionBeside : IAsyncDisposable
{
    readonly EnrollmentFixture enrollment;
    readonly WebApplication app;
    readonly GrpcChannel channel;

    DefinitionBeside(EnrollmentFixture enrollment, WebApplication app)
    {
        this.enrollment = enrollment;
        this.app = app;
        channel = GrpcChannel.ForAddress(enrollment.DefinitionUrl);
    }

    /// <summary>Starts it, with Enrollment in its reach or not.</summary>
    public static async Task<DefinitionBeside> StartAsync(EnrollmentFixture enrollment, bool reachesEnrollment)
    {
        var other = reachesEnrollment ? enrollment.Url : "http://127.0.0.1:1";
        var app = DefinitionApp.Create(
            [.. enrollment.Settings, $"--urls={enrollment.DefinitionUrl}", $"--Services:Enrollment={other}", "--Logging:LogLevel:Default=Error"], enrollment.Clock);
        await app.StartAsync();
        foreach (var loop in app.Services.GetServices<IHostedService>().OfType<BackgroundService>())
            await loop.StopAsync(CancellationToken.None);
        return new DefinitionBeside(enrollment, app);
    }

    /// <summary>A part of the running Definition, such as a chore.</summary>
    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    public JourneyService.JourneyServiceClient JourneysOf(TestSite site) => new(As(site));

    public AudienceService.AudienceServiceClient AudiencesOf(TestSite site) => new(As(site));

    public async ValueTask DisposeAsync()
    {
        channel.Dispose();
        await app.DisposeAsync();
    }

    Grpc.Core.CallInvoker As(TestSite site) => channel.Intercept(metadata =>
    {
        metadata.Add("authorization", $"Bearer {enrollment.Tokens.Sign(new Caller(site.Id, "author", Access.Types.Role.Editor))}");
        return metadata;
    });
}
