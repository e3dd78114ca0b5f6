using Dapper;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Journeys.BuildingBlocks.Identities;
using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Protos.Options.V1;
using Journeys.Protos.Scheduler.V1;
using Journeys.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Journeys.Enrollments.Tests;

/// <summary>
/// The real Scheduler beside the Enrollment under test: same database, broker and clock. Its loops rest too; messages and chunks move in
/// <see cref="PumpAsync"/> only.
/// </summary>
public sealed class SchedulerBeside : IAsyncDisposable
{
    readonly EnrollmentFixture enrollment;
    readonly WebApplication app;
    readonly GrpcChannel channel;

    SchedulerBeside(EnrollmentFixture enrollment, WebApplication app)
    {
        this.enrollment = enrollment;
        this.app = app;
        channel = GrpcChannel.ForAddress(enrollment.SchedulerUrl);
    }

    public static async Task<SchedulerBeside> StartAsync(EnrollmentFixture enrollment, params string[] more)
    {
        await enrollment.Desk.DisposeAsync();
        enrollment.MessagesLeave = true;
        var app = SchedulerApp.Create([.. enrollment.Settings, $"--urls={enrollment.SchedulerUrl}", .. more], enrollment.Clock);
        await app.StartAsync();
        foreach (var loop in app.Services.GetServices<IHostedService>().OfType<BackgroundService>())
            await loop.StopAsync(CancellationToken.None);
        return new SchedulerBeside(enrollment, app);
    }

    /// <summary>The jobs of a site.</summary>
    public SchedulerService.SchedulerServiceClient JobsOf(TestSite site) => new(channel.Intercept(metadata =>
    {
        metadata.Add("authorization", $"Bearer {enrollment.Tokens.Sign(new Caller(site.Id, "test", Access.Types.Role.Service))}");
        return metadata;
    }));

    /// <summary>A part of the running Scheduler, such as a chore.</summary>
    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    /// <summary>Starts the sweeps that are due and sends chunks.</summary>
    public async Task RunJobsAsync()
    {
        await app.Services.GetRequiredService<StartSweeps>().RunOnceAsync(CancellationToken.None);
        await app.Services.GetRequiredService<SendChunks>().RunOnceAsync(CancellationToken.None);
    }

    /// <summary>Lets messages and chunks of jobs travel until nothing is left on the way.</summary>
    public async Task PumpAsync()
    {
        do
            await SendAsync();
        while (await IsMovingAsync());
    }

    /// <summary>How many timers a site has.</summary>
    public async Task<int> TimersAsync(TestSite site)
    {
        await using var connection = await enrollment.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>("select count(*) from scheduler.timer where site_id = @id and not cancelled", new { id = site.Id });
    }

    /// <summary>Sends one chunk of each job, and everything that is on its way.</summary>
    public async Task SendAsync()
    {
        await app.Services.GetRequiredService<SendChunks>().RunOnceAsync(CancellationToken.None);
        await app.Services.GetRequiredService<OutboxRelay>().RunOnceAsync(CancellationToken.None);
        await enrollment.Get<OutboxRelay>().RunOnceAsync(CancellationToken.None);
        await app.Services.GetRequiredService<RetryFailedMessages>().RunOnceAsync(CancellationToken.None);
        await enrollment.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None);
    }

    async Task<bool> IsMovingAsync()
    {
        const string sql = """
            select exists (select from scheduler.outbox) or exists (select from enrollment.outbox)
                   or exists (select from scheduler.failed_message where next_try_at is not null)
                   or exists (select from enrollment.failed_message where next_try_at is not null)
                   or exists (select from scheduler.job where status = 'RUNNING' and sent_at is null)
            """;

        await using var connection = await enrollment.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<bool>(sql);
    }

    public async ValueTask DisposeAsync()
    {
        channel.Dispose();
        await app.DisposeAsync();
        await enrollment.Desk.StartAsync(enrollment.Settings, enrollment.SchedulerUrl, enrollment.Clock);
    }
}
