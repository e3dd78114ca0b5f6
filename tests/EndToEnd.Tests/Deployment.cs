using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Journeys.Testing;
using Npgsql;

namespace Journeys.EndToEnd.Tests;

/// <summary>All services and the gateway as processes of their own, on a real PostgreSQL and a RabbitMQ of their own.</summary>
public sealed class Deployment : IAsyncLifetime
{
    public const string SecretKey = "sk_endtoendendtoendendtoendendtoendendtoend123";
    public const string PublishableKey = "pk_endtoendendtoendendtoendendtoendendtoend123";

    static readonly string[] Programs = ["definition", "enrollment", "scheduler", "gateway"];

    static readonly SemaphoreSlim OneAtATime = new(1, 1);

    const string RolePassword = "role";

    TestDatabase? database;

    /// <summary>The Scheduler's own database, if it has one.</summary>
    public TestDatabase? SchedulerDatabase { get; private set; }

    /// <summary>Whether the Scheduler has a database of its own, which a test may take away.</summary>
    public bool SchedulerIsApart { get; init; }

    /// <summary>Whether the services and the gateway know each other by certificates.</summary>
    public bool HasCertificates { get; init; }

    public TestBroker Broker { get; private set; } = null!;

    public ServiceProcess Definition { get; private set; } = null!;

    public ServiceProcess Enrollment { get; private set; } = null!;

    public ServiceProcess Scheduler { get; private set; } = null!;

    public ServiceProcess Gateway { get; private set; } = null!;

    /// <summary>The public REST API.</summary>
    public Api Api { get; private set; } = null!;

    /// <summary>Where native gRPC is answered: the port after the public one.</summary>
    public Uri GrpcAddress => new UriBuilder(Gateway.Address) { Port = Gateway.Address.Port + 1 }.Uri;

    /// <summary>The file that tells the demo site its key and journey, once it is written.</summary>
    public string DemoConfig { get; } = Path.Combine(TestFolder.Create("demo"), "demo.json");

    /// <summary>What the services wrote, for proofs.</summary>
    public NpgsqlDataSource Database => database!.DataSource;

    /// <summary>How one program reaches its schema.</summary>
    public string ConnectionStringOf(string program) => new NpgsqlConnectionStringBuilder(database!.ConnectionString)
    {
        Username = $"journeys_{program}",
        Password = RolePassword,
    }.ConnectionString;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateEmptyAsync();
        Broker = await TestBroker.StartAsync();

        await CreateRolesAsync();

        var shared = new Dictionary<string, string>
        {
            ["Identity:SigningKey"] = Convert.ToBase64String(Guid.NewGuid().ToByteArray().Concat(Guid.NewGuid().ToByteArray()).ToArray()),
            ["RateLimits:PerSite"] = "100000",
            ["RateLimits:PerSiteBurst"] = "100000",
            ["RateLimits:PerAddress"] = "100000",
            ["RateLimits:PerAddressBurst"] = "100000",
            ["RateLimits:PerVisitor"] = "100000",
            ["RateLimits:PerVisitorBurst"] = "100000",
            ["RateLimits:PerKey"] = "100000",
            ["RateLimits:PerKeyBurst"] = "100000",
            ["Gateway:DemoConfig"] = DemoConfig,
            ["Access:Bootstrap:SiteName"] = "Tests",
            ["Access:Bootstrap:AdminEmail"] = "admin@example.com",
            ["Access:Bootstrap:AdminPassword"] = "correct horse battery staple",
            ["Access:Bootstrap:SecretKey"] = SecretKey,
            ["Access:Bootstrap:PublishableKey"] = PublishableKey,
        };
        var settings = Programs.ToDictionary(program => program, program => SettingsOf(program, shared));
        if (SchedulerIsApart)
        {
            SchedulerDatabase = await TestDatabase.CreateEmptyAsync();
            settings["scheduler"]["Postgres:ConnectionString"] = SchedulerDatabase.ConnectionString;
        }

        if (HasCertificates)
            await AddCertificatesAsync(settings);

        Definition = new ServiceProcess("services/Definition", settings["definition"], tls: HasCertificates);
        Enrollment = new ServiceProcess("services/Enrollment", settings["enrollment"], tls: HasCertificates);
        Scheduler = new ServiceProcess("services/Scheduler", settings["scheduler"], tls: HasCertificates);
        Gateway = new ServiceProcess("gateway/Gateway", settings["gateway"], HttpVersion.Version11);
        // Read when each process starts, so the addresses may join after all of them are known.
        foreach (var each in settings.Values)
        {
            each["Services:Definition"] = Definition.Address.OriginalString;
            each["Services:Enrollment"] = Enrollment.Address.OriginalString;
            each["Services:Scheduler"] = Scheduler.Address.OriginalString;
        }

        await Task.WhenAll(Definition.StartAsync(), Enrollment.StartAsync(), Scheduler.StartAsync(), Gateway.StartAsync());
        Api = new Api(Gateway.Address, SecretKey, PublishableKey, () => new DescribedAnswers());
    }

    /// <summary>
    /// Fails if the ledger finds a broken promise in the databases. All services must run, because it waits for the work in progress.
    /// </summary>
    /// <remarks>
    /// The last line of a test that breaks things. <see cref="DisposeAsync"/> is not the place: it also runs after a test that has failed.
    /// </remarks>
    public Task CheckLedgerAsync() => Proof.PromisesAreKeptAsync(database!, SchedulerDatabase ?? database!);

    /// <summary>Makes a site for what would disturb other tests; gives its id and its API.</summary>
    public async Task<(string SiteId, Api Api)> NewSiteAsync(string name)
    {
        using var http = new HttpClient { BaseAddress = Gateway.Address };
        var session = await PostAsync("/api/session", new { email = "admin@example.com", password = "correct horse battery staple" });
        http.DefaultRequestHeaders.Add("Authorization", $"Bearer {session["token"]}");
        var siteId = (await PostAsync("/api/sites", new { name, requireUserToken = false }))["id"]!.GetValue<string>();
        var secret = await PostAsync($"/api/sites/{siteId}/keys", new { kind = "SECRET", name = "admin", role = "ADMIN" });
        var publishable = await PostAsync($"/api/sites/{siteId}/keys", new { kind = "PUBLISHABLE", name = "page" });
        return (siteId, new Api(
            Gateway.Address, secret["secret"]!.GetValue<string>(), publishable["secret"]!.GetValue<string>(), () => new DescribedAnswers()));

        async Task<JsonNode> PostAsync(string path, object body)
        {
            using var response = await http.PostAsJsonAsync(path, body);
            response.EnsureSuccessStatusCode();
            return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        }
    }

    public async Task DisposeAsync()
    {
        Api?.Dispose();
        foreach (var process in new[] { Gateway, Scheduler, Enrollment, Definition })
        {
            if (process is not null)
                await process.DisposeAsync();
        }

        if (Broker is not null)
            await Broker.DisposeAsync();
        foreach (var each in new[] { database, SchedulerDatabase })
        {
            if (each is not null)
                await each.DisposeAsync();
        }
    }

    // As an installation does: each program with a role of its own, so that every test shows that it needs no other rights.
    async Task CreateRolesAsync()
    {
        var sql = await File.ReadAllTextAsync(RepoRoot.Under("deploy/postgres/roles.sql"));
        foreach (var program in Programs)
            sql = sql.Replace($":'{program}'", $"'{RolePassword}'", StringComparison.Ordinal);
        // Roles belong to the whole cluster, which all test classes of this process share.
        await OneAtATime.WaitAsync();
        try
        {
            await Database.CreateCommand(sql).ExecuteNonQueryAsync();
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    // As an installation gets them.
    static async Task AddCertificatesAsync(Dictionary<string, Dictionary<string, string>> settings)
    {
        var folder = TestFolder.Create("certificates");
        await Tool.RunAsync(RepoRoot.Path, RepoRoot.Under("deploy/docker/new-certificates"), folder, "IP:127.0.0.1");
        foreach (var (program, each) in settings)
        {
            foreach (var (key, value) in new TestCertificate(Path.Combine(folder, program)).Settings)
                each[key] = value;
        }
    }

    Dictionary<string, string> SettingsOf(string program, Dictionary<string, string> shared)
    {
        var settings = new Dictionary<string, string>(shared) { ["Postgres:ConnectionString"] = ConnectionStringOf(program) };
        if (program != "gateway")
            settings["Messaging:Broker"] = Broker.AddressOf(program);
        return settings;
    }
}
