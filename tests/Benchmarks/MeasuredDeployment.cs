using System.Globalization;
using System.Net;
using Journeys.EmbeddedPostgres;
using Journeys.EndToEnd.Tests;
using Journeys.Testing;
using Npgsql;

namespace Journeys.Benchmarks;

/// <summary>PostgreSQL with fsync, RabbitMQ, services and gateway, each a process of its own.</summary>
sealed class MeasuredDeployment : IAsyncDisposable
{
    const string SecretKey = "sk_benchmarkbenchmarkbenchmarkbenchmark12345678";
    const string PublishableKey = "pk_benchmarkbenchmarkbenchmarkbenchmark12345678";

    /// <summary>What every measured PostgreSQL is started with.</summary>
    public static readonly PostgresServerOptions PostgresOptions = new()
    {
        Fsync = true,
        Settings = new Dictionary<string, string> { ["max_connections"] = "200", ["shared_buffers"] = "1GB", ["max_wal_size"] = "4GB" },
    };

    readonly List<IAsyncDisposable> parts = [];

    public required Api Api { get; init; }

    public required NpgsqlDataSource Database { get; init; }

    /// <summary>The processes whose work is measured.</summary>
    public required IReadOnlyList<CpuMeter.Part> Processes { get; init; }

    public required ServiceProcess Scheduler { get; init; }

    public static async Task<MeasuredDeployment> StartAsync()
    {
        var folder = TestFolder.Create("benchmark");
        var postgres = await PostgresServer.StartAsync(folder, PostgresOptions);
        var broker = await TestBroker.StartAsync();
        var settings = new Dictionary<string, string>
        {
            ["Postgres:ConnectionString"] = postgres.ConnectionString,
            ["Messaging:Broker"] = broker.Address,
            ["Identity:SigningKey"] = Convert.ToBase64String(new byte[32]),
            ["RateLimits:PerSite"] = "1000000",
            ["RateLimits:PerSiteBurst"] = "1000000",
            ["RateLimits:PerAddress"] = "1000000",
            ["RateLimits:PerAddressBurst"] = "1000000",
            ["RateLimits:PerVisitor"] = "1000000",
            ["RateLimits:PerVisitorBurst"] = "1000000",
            ["RateLimits:PerKey"] = "1000000",
            ["RateLimits:PerKeyBurst"] = "1000000",
            ["Access:Bootstrap:SiteName"] = "Benchmark",
            ["Access:Bootstrap:AdminEmail"] = "admin@example.com",
            ["Access:Bootstrap:AdminPassword"] = "correct horse battery staple",
            ["Access:Bootstrap:SecretKey"] = SecretKey,
            ["Access:Bootstrap:PublishableKey"] = PublishableKey,
            ["Logging:LogLevel:Default"] = "Warning",
        };
        var definition = new ServiceProcess("services/Definition", settings);
        var enrollment = new ServiceProcess("services/Enrollment", settings);
        var scheduler = new ServiceProcess("services/Scheduler", settings);
        var gateway = new ServiceProcess("gateway/Gateway", settings, HttpVersion.Version11);
        settings["Services:Definition"] = definition.Address.OriginalString;
        settings["Services:Enrollment"] = enrollment.Address.OriginalString;
        settings["Services:Scheduler"] = scheduler.Address.OriginalString;
        await Task.WhenAll(definition.StartAsync(), enrollment.StartAsync(), scheduler.StartAsync(), gateway.StartAsync());

        return new MeasuredDeployment
        {
            Api = new Api(gateway.Address, SecretKey, PublishableKey),
            Database = NpgsqlDataSource.Create(postgres.ConnectionString),
            Scheduler = scheduler,
            Processes =
            [
                new("client", Environment.ProcessId), new("gateway", gateway.Id), new("Enrollment", enrollment.Id), new("Scheduler", scheduler.Id), new("Definition", definition.Id),
                new("PostgreSQL", int.Parse(File.ReadLines(Path.Combine(folder, "cluster", "postmaster.pid")).First(), CultureInfo.InvariantCulture), WithChildren: true),
            ],
            parts = { gateway, scheduler, enrollment, definition, broker, postgres },
        };
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await Database.DisposeAsync();
        foreach (var part in parts)
            await part.DisposeAsync();
    }
}
