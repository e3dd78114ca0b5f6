using Journeys.BuildingBlocks.Brokers;
using Journeys.Definitions;
using Journeys.EmbeddedPostgres;
using Journeys.Enrollments;
using Journeys.Gateways;
using Journeys.Local.Demo;
using Journeys.Scheduling;

namespace Journeys.Local;

/// <summary>PostgreSQL, all services and the gateway in one process.</summary>
public sealed class Everything : IAsyncDisposable
{
    readonly PostgresServer postgres;
    readonly List<WebApplication> apps;

    Everything(PostgresServer postgres, List<WebApplication> apps)
    {
        this.postgres = postgres;
        this.apps = apps;
    }

    /// <summary>Starts everything and waits until it serves.</summary>
    public static async Task<Everything> StartAsync(LocalOptions options, Credentials credentials, CancellationToken ct)
    {
        foreach (var port in (int[])[options.Port, options.Port + 1])
        {
            if (!FreePort.IsFree(port))
                throw new InvalidOperationException($"Port {port} is taken; choose another one with --port.");
        }

        await CheckBrokerAsync(options.Broker, ct);
        var postgres = await PostgresServer.StartAsync(
            options.Data, new PostgresServerOptions { Settings = new Dictionary<string, string> { ["max_connections"] = "150", ["shared_buffers"] = "256MB" } }, ct);
        try
        {
            // All are created before the first one starts, so that messages wait for those that start last.
            var ports = new ServicePorts(FreePort.Next(), FreePort.Next(), FreePort.Next());
            string[] Arguments(int port) =>
            [
                $"--urls=http://127.0.0.1:{port}",
                $"--Postgres:ConnectionString={postgres.ConnectionString}",
                $"--Messaging:Broker={options.Broker}",
                $"--Identity:SigningKey={credentials.SigningKey}",
                $"--Services:Definition=http://127.0.0.1:{ports.Definition}",
                $"--Services:Enrollment=http://127.0.0.1:{ports.Enrollment}",
                $"--Services:Scheduler=http://127.0.0.1:{ports.Scheduler}",
                "--Logging:LogLevel:Default=Warning",
                "--Logging:LogLevel:Microsoft.AspNetCore=Error",
                "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Warning",
            ];
            List<WebApplication> apps =
            [
                DefinitionApp.Create(Arguments(ports.Definition)),
                EnrollmentApp.Create(Arguments(ports.Enrollment)),
                SchedulerApp.Create(Arguments(ports.Scheduler)),
                GatewayApp.Create(
                [
                    .. Arguments(options.Port),
                    $"--Gateway:DemoConfig={DemoSite.ConfigIn(options.Data)}",
                    "--Access:Bootstrap:SiteName=Demo",
                    $"--Access:Bootstrap:AdminEmail={credentials.AdminEmail}",
                    $"--Access:Bootstrap:AdminPassword={credentials.AdminPassword}",
                    $"--Access:Bootstrap:SecretKey={credentials.SecretKey}",
                    $"--Access:Bootstrap:PublishableKey={credentials.PublishableKey}",
                ]),
            ];
            foreach (var app in apps)
                await app.StartAsync(ct);
            return new Everything(postgres, apps);
        }
        catch
        {
            await postgres.DisposeAsync();
            throw;
        }
    }

    // The services would wait for it for ever, and whoever typed the address would wait with them.
    static async Task CheckBrokerAsync(string address, CancellationToken ct)
    {
        if (Uri.TryCreate(address, UriKind.Absolute, out var broker) && broker.Scheme is "amqp" or "amqps"
            && await RabbitConnections.TroubleWithAsync(broker, ct) is { } trouble)
        {
            throw new InvalidOperationException(trouble);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var app in Enumerable.Reverse(apps))
            await app.DisposeAsync();
        await postgres.DisposeAsync();
    }

    sealed record ServicePorts(int Definition, int Enrollment, int Scheduler);
}
