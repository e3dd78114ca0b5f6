using Dapper;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Definitions;
using Journeys.EmbeddedPostgres;
using Journeys.Enrollments;
using Journeys.Scheduling;
using Journeys.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Journeys.Simulations;

/// <summary>
/// What all seeds of a process share: a real PostgreSQL whose clock is simulated, and the real services in this process, whose loops rest and
/// whose broker, network, clocks and ids are simulated.
/// </summary>
sealed class World : IAsyncDisposable
{
    // The others take the place of those that crash.
    const int Kept = 5;

    // Instead of the database's own: unqualified names are looked for in `sim` first.
    const string Clock = """
        create schema sim;
        create table sim.clock (at timestamptz not null);
        insert into sim.clock values (@now);
        create function sim.now() returns timestamptz language sql stable as 'select at from sim.clock';
        create function sim.clock_timestamp() returns timestamptz language sql stable as 'select at from sim.clock';
        create function sim.statement_timestamp() returns timestamptz language sql stable as 'select at from sim.clock';
        create function sim.transaction_timestamp() returns timestamptz language sql stable as 'select at from sim.clock';
        """;

    readonly PostgresServer server;
    readonly NpgsqlConnection driver;
    readonly Dictionary<Service, List<Replica>> replicas = [];
    readonly string connectionString;

    World(PostgresServer server, string connectionString, NpgsqlConnection driver) =>
        (this.server, this.connectionString, this.driver) = (server, connectionString, driver);

    public SimulatedTime Time { get; } = new();

    public SimulatedBroker Broker { get; } = new();

    public Failures Failures { get; } = new();

    /// <summary>The simulation's own connection.</summary>
    public NpgsqlConnection Driver => driver;

    public string ConnectionString => connectionString;

    public static async Task<World> StartAsync()
    {
        var server = await PostgresServer.StartAsync(TestFolder.Create("simulation"), new PostgresServerOptions
        {
            Fsync = false,
            // Nothing runs in the background, and plans stay as they are.
            Settings = new Dictionary<string, string>
            {
                ["autovacuum"] = "off",
                ["jit"] = "off",
                ["max_connections"] = "200",
                // Tables are tiny, so a plan for the values at hand is no better than one for all, and takes longer to make.
                ["plan_cache_mode"] = "force_generic_plan",
            },
        });
        var settings = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = "simulation", IncludeErrorDetail = true };
        await using (var connection = new NpgsqlConnection(server.ConnectionString))
            await connection.ExecuteAsync("create database simulation");

        settings.SearchPath = "sim,pg_catalog";
        // Only what is frozen holds a lock that somebody else wants, so there is nothing to wait for.
        settings.Options = "-c lock_timeout=5ms";
        // The same statements, again and again: planning them would take longer than running them.
        settings.AutoPrepareMinUsages = 2;
        var driver = new NpgsqlConnection($"{settings.ConnectionString};Max Auto Prepare=20");
        await driver.OpenAsync();
        DapperHandlers.Register();
        var world = new World(server, settings.ConnectionString, driver);
        await driver.ExecuteAsync(Clock, new { now = world.Time.Now });
        await world.StartServicesAsync();
        return world;
    }

    /// <summary>The replicas of a service that are at work.</summary>
    public IReadOnlyList<Replica> Of(Service service) => replicas[service].Take(AtWork(service)).ToList();

    /// <summary>Numbers the replicas anew and sets their clocks right, so that a seed does not show what those before it did.</summary>
    public void ResetReplicas()
    {
        foreach (var all in replicas.Values)
        {
            for (var i = 0; i < all.Count; i++)
            {
                all[i].Number = i + 1;
                all[i].Clock.Ahead = TimeSpan.Zero;
            }
        }
    }

    /// <summary>Puts one that has never heard of this site in the place of one that crashed, as a restart would.</summary>
    public Replica Replace(Replica crashed)
    {
        var (all, last) = (replicas[crashed.Service], AtWork(crashed.Service) - 1);
        var place = all.IndexOf(crashed);
        all.RemoveAt(place);
        all.Add(crashed);
        var fresh = all[last];
        all.RemoveAt(last);
        all.Insert(place, fresh);
        return fresh;
    }

    /// <summary>Moves time on, for the database and for every machine.</summary>
    public async Task MoveAsync(DateTimeOffset to)
    {
        Time.Now = to;
        await driver.ExecuteAsync("update sim.clock set at = @to", new { to });
    }

    /// <summary>Empties all tables.</summary>
    public async Task EmptyAsync()
    {
        // To truncate one that is empty costs as much as one that is full.
        var tables = await driver.QueryAsync<string>("""
            select format('%I.%I', schemaname, tablename) from pg_tables
            where schemaname in ('definition', 'enrollment', 'scheduler') and tablename <> 'migration'
              and pg_relation_size(format('%I.%I', schemaname, tablename)::regclass) > 0
            order by 1
            """);
        await driver.ExecuteAsync($"truncate {string.Join(", ", tables)} cascade");
    }

    static int AtWork(Service service) => service == Service.Definition ? 1 : 2;

    async Task StartServicesAsync()
    {
        foreach (var service in Enum.GetValues<Service>())
        {
            replicas[service] = [];
            for (var number = 1; number <= Kept; number++)
                replicas[service].Add(await StartAsync(service));
        }

        foreach (var queue in replicas.Values.SelectMany(all => all[0].Queues.Select(queue => (all[0].Service, Queue: queue))))
            Broker.Bind(queue.Service, queue.Queue);
    }

    async Task<Replica> StartAsync(Service service)
    {
        var clock = new SimulatedClock(Time);
        string[] settings =
        [
            "--urls=http://127.0.0.1:0",
            $"--Postgres:ConnectionString={connectionString}",
            "--Messaging:Broker=memory://simulation",
            $"--Identity:SigningKey={Convert.ToBase64String(new byte[32])}",
            "--Logging:LogLevel:Default=None",
            "--Copies:WaitAtStartSeconds=0",
            .. Enum.GetValues<Service>().Select(other => $"--Services:{other}=http://{other}"),
            "--Postgres:MaxAutoPrepare=500",
            // Smaller, so that a few people fill several.
            .. service == Service.Scheduler ? (string[])["--Scheduler:TimersPerBatch=2", "--Scheduler:PeoplePerChunk=2"] : [],
        ];
        var app = service switch
        {
            Service.Definition => DefinitionApp.Create(settings, clock, Replace),
            Service.Enrollment => EnrollmentApp.Create(settings, clock, Replace),
            _ => SchedulerApp.Create(settings, clock, Replace),
        };
        await app.StartAsync();
        return new Replica(service, app, clock);
    }

    void Replace(IServiceCollection services)
    {
        foreach (var loop in services.Where(IsLoop).ToList())
        {
            var chore = loop.ImplementationFactory!.Method.ReturnType.GetGenericArguments()[0];
            if (!Chore.IsKnown(chore))
                throw new InvalidOperationException($"Have seeds run {chore.Name} (Chore.All), or say why none does (Chore.NotRun).");
            services.Remove(loop);
        }

        services.RemoveAll<IMessagePublisher>();
        services.AddSingleton<IMessagePublisher>(Broker);
        services.ConfigureHttpClientDefaults(client => client.AddHttpMessageHandler(() => new SimulatedNetwork(this)));
    }

    static bool IsLoop(ServiceDescriptor descriptor) =>
        descriptor.ServiceType == typeof(IHostedService)
        && descriptor.ImplementationFactory?.Method.ReturnType is { IsGenericType: true } type
        && type.GetGenericTypeDefinition() == typeof(Loop<>);

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in replicas.Values.SelectMany(all => all))
            await replica.DisposeAsync();
        await driver.DisposeAsync();
        await server.DisposeAsync();
    }
}
