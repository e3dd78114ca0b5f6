using System.Globalization;
using System.Net;
using Journeys.EmbeddedPostgres;
using Journeys.EndToEnd.Tests;
using Journeys.Testing;
using Journeys.Testing.Reports;
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

    IReadOnlyList<IAsyncDisposable> parts = [];

    public required Api Api { get; init; }

    public required NpgsqlDataSource Database { get; init; }

    /// <summary>The processes whose work is measured.</summary>
    public required IReadOnlyList<CpuMeter.Part> Processes { get; init; }

    public required ServiceProcess Scheduler { get; init; }

    /// <summary>Where each replica of the Scheduler serves its metrics, if it does.</summary>
    public required IReadOnlyList<Uri> SchedulerMetrics { get; init; }

    public static async Task<MeasuredDeployment> StartAsync(Figures figures, int schedulers = 1, bool withMetrics = false)
    {
        var folder = TestFolder.Create("benchmark");
        var postgres = await PostgresServer.StartAsync(folder, PostgresOptions);
        var broker = await TestBroker.StartAsync();
        figures.Servers = [await RunReport.VersionOfAsync(postgres.ConnectionString), await broker.VersionAsync()];
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
        var metrics = Enumerable.Range(0, schedulers).Select(_ => new Uri($"http://127.0.0.1:{FreePort.Next()}")).ToList();
        var replicas = metrics
            .Select(address => new ServiceProcess("services/Scheduler", withMetrics ? new Dictionary<string, string>(settings) { ["Metrics:Url"] = address.OriginalString } : settings))
            .ToList();
        var gateway = new ServiceProcess("gateway/Gateway", settings, HttpVersion.Version11);
        settings["Services:Definition"] = definition.Address.OriginalString;
        settings["Services:Enrollment"] = enrollment.Address.OriginalString;
        settings["Services:Scheduler"] = replicas[0].Address.OriginalString;
        await Task.WhenAll([definition.StartAsync(), enrollment.StartAsync(), gateway.StartAsync(), .. replicas.Select(replica => replica.StartAsync())]);

        return new MeasuredDeployment
        {
            Api = new Api(gateway.Address, SecretKey, PublishableKey),
            Database = NpgsqlDataSource.Create(postgres.ConnectionString),
            Scheduler = replicas[0],
            SchedulerMetrics = metrics,
            Processes =
            [
                new("client", Environment.ProcessId), new("gateway", gateway.Id), new("Enrollment", enrollment.Id), new("Definition", definition.Id),
                new("PostgreSQL", int.Parse(File.ReadLines(Path.Combine(folder, "cluster", "postmaster.pid")).First(), CultureInfo.InvariantCulture), WithChildren: true),
                .. replicas.Select((replica, number) => new CpuMeter.Part(number == 0 ? "Scheduler" : $"Scheduler {number + 1}", replica.Id)),
            ],
            parts = [gateway, .. replicas, enrollment, definition, broker, postgres],
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
