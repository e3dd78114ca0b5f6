using System.Net;
using Journeys.Chaos.Plans;
using Journeys.EmbeddedPostgres;
using Journeys.Testing;
using Journeys.Testing.Reports;
using Npgsql;

namespace Journeys.Chaos.Deployments;

/// <summary>Two replicas of everything as processes of their own, with a PostgreSQL and a RabbitMQ of their own. They reach these and each other by relays.</summary>
sealed class Deployment : IAsyncDisposable
{
    public const int Replicas = 2;

    public const string SecretKey = "sk_chaoschaoschaoschaoschaoschaoschaoschaos12345";
    public const string PublishableKey = "pk_chaoschaoschaoschaoschaoschaoschaoschaos12345";

    readonly List<LogFile> logs = [];
    readonly Dictionary<string, ServiceProcess> processes = [];
    readonly Dictionary<string, TcpRelay> toServices = [];

    public PostgresServer Postgres { get; private set; } = null!;

    public TestBroker Broker { get; private set; } = null!;

    public TcpRelay ToPostgres { get; private set; } = null!;

    public TcpRelay ToBroker { get; private set; } = null!;

    /// <summary>One for each replica of a service: whatever the gateway or another service asks it comes through.</summary>
    public IReadOnlyCollection<TcpRelay> ToServices => toServices.Values;

    /// <summary>Connections past the relay.</summary>
    public NpgsqlDataSource Database { get; private set; } = null!;

    public IReadOnlyList<Uri> Gateways => [.. ReplicasOf("gateway").Select(process => process.Address)];

    /// <summary>One replica, such as `enrollment#1`.</summary>
    public ServiceProcess this[string replica] => processes[replica];

    public IEnumerable<ServiceProcess> ReplicasOf(string program) => Enumerable.Range(0, Replicas).Select(number => processes[$"{program}#{number}"]);

    public static async Task<Deployment> StartAsync(string logFolder)
    {
        var deployment = new Deployment();
        try
        {
            await deployment.StartServersAsync(logFolder);
            await deployment.StartProgramsAsync(logFolder);
            return deployment;
        }
        catch
        {
            await deployment.DisposeAsync();
            throw;
        }
    }

    /// <summary>The versions of the servers.</summary>
    public async Task<IReadOnlyList<string>> VersionsAsync() =>
        [await RunReport.VersionOfAsync(Postgres.ConnectionString), await Broker.VersionAsync()];

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes.Values)
            await process.DisposeAsync();
        if (Database is not null)
            await Database.DisposeAsync();
        foreach (var relay in toServices.Values)
            relay.Dispose();
        ToBroker?.Dispose();
        ToPostgres?.Dispose();
        if (Broker is not null)
            await Broker.DisposeAsync();
        if (Postgres is not null)
            await Postgres.DisposeAsync();
        logs.ForEach(log => log.Dispose());
    }

    async Task StartServersAsync(string logFolder)
    {
        // Its commits must survive its own death, so nothing is switched off.
        Postgres = await PostgresServer.StartAsync(TestFolder.Create("chaos"), new PostgresServerOptions
        {
            Settings = new Dictionary<string, string> { ["max_connections"] = "300", ["max_wal_size"] = "4GB" },
            Log = Log(logFolder, "postgres").Write,
        });
        Broker = await TestBroker.StartAsync();
        ToPostgres = new TcpRelay(new IPEndPoint(IPAddress.Loopback, Postgres.Port));
        ToBroker = new TcpRelay(new IPEndPoint(IPAddress.Loopback, new Uri(Broker.Address).Port));
        Database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Postgres.ConnectionString) { IncludeErrorDetail = true }.ConnectionString);
    }

    async Task StartProgramsAsync(string logFolder)
    {
        var (settings, each) = (Settings(), new List<Dictionary<string, string>>());
        foreach (var program in FaultPlan.Programs)
        {
            for (var number = 0; number < Replicas; number++)
            {
                var isGateway = program == "gateway";
                var own = isGateway ? settings : new Dictionary<string, string>(settings)
                {
                    ["Messaging:Broker"] = new UriBuilder(Broker.AddressOf(program)) { Port = ToBroker.Port }.Uri.AbsoluteUri,
                };
                var project = isGateway ? "gateway/Gateway" : $"services/{char.ToUpperInvariant(program[0])}{program[1..]}";
                var replica = $"{program}#{number}";
                processes[replica] = new ServiceProcess(
                    project, own, isGateway ? HttpVersion.Version11 : null, onLine: Log(logFolder, $"{program}-{number}").Write);
                each.Add(own);
                if (!isGateway)
                    toServices[replica] = new TcpRelay(new IPEndPoint(IPAddress.Loopback, processes[replica].Address.Port));
            }
        }

        // Read when each process starts, so the addresses may join after all of them are known.
        foreach (var own in each)
        {
            own["Services:Definition"] = Addresses("definition");
            own["Services:Enrollment"] = Addresses("enrollment");
            own["Services:Scheduler"] = Addresses("scheduler");
        }

        await Task.WhenAll(processes.Values.Select(process => process.StartAsync()));
    }

    string Addresses(string program) =>
        string.Join(',', Enumerable.Range(0, Replicas).Select(number => $"http://127.0.0.1:{toServices[$"{program}#{number}"].Port}"));

    LogFile Log(string folder, string name)
    {
        var log = new LogFile(folder, name);
        logs.Add(log);
        return log;
    }

    Dictionary<string, string> Settings() => new()
    {
        ["Postgres:ConnectionString"] = new NpgsqlConnectionStringBuilder(Postgres.ConnectionString) { Port = ToPostgres.Port }.ConnectionString,
        ["Identity:SigningKey"] = Convert.ToBase64String(new byte[32]),
        ["RateLimits:PerAddress"] = "100000",
        ["RateLimits:PerAddressBurst"] = "100000",
        ["Access:Bootstrap:SiteName"] = "Chaos",
        ["Access:Bootstrap:AdminEmail"] = "admin@example.com",
        ["Access:Bootstrap:AdminPassword"] = "correct horse battery staple",
        ["Access:Bootstrap:SecretKey"] = SecretKey,
        ["Access:Bootstrap:PublishableKey"] = PublishableKey,
        // What was lost is made up for sooner than by default, so that the end need not be waited for.
        ["Copies:CompareIntervalSeconds"] = "15",
        ["Scheduler:ChunkTimeoutSeconds"] = "15",
    };
}
