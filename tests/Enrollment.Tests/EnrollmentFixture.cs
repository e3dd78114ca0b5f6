using Grpc.Net.Client;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Journeys.EmbeddedPostgres;
using Journeys.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Journeys.Enrollments.Tests;

/// <summary>
/// The real Enrollment service, alone in this process, on a database of its own and with a clock that the test moves. Its loops rest, so that
/// nothing happens but what the test does: messages stay in the outbox, and the test plays Definition and Scheduler.
/// </summary>
public class EnrollmentFixture : IAsyncLifetime
{
    static readonly string SigningKey = Convert.ToBase64String(new byte[32]);

    TestDatabase database = null!;
    WebApplication app = null!;

    /// <summary>Sets the time of the service.</summary>
    public FakeTimeProvider Clock { get; protected init; } = new(new DateTimeOffset(2026, 3, 2, 12, 0, 0, TimeSpan.Zero));

    /// <summary>What the service wrote.</summary>
    public NpgsqlDataSource Database => database.DataSource;

    public string ConnectionString => database.ConnectionString;

    /// <summary>The way to its rpcs; calls need a token, see <see cref="Tokens"/>.</summary>
    public GrpcChannel Channel { get; private set; } = null!;

    /// <summary>Signs tokens that the service believes.</summary>
    public IdentityTokens Tokens => Get<IdentityTokens>();

    /// <summary>A part of the running service, such as a use case.</summary>
    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    /// <summary>Whether messages are taken from the outbox, so that it does not tell any more which timers were asked for.</summary>
    public bool MessagesLeave { get; set; }

    /// <summary>Where the service listens.</summary>
    public string Url => app.Urls.Single();

    /// <summary>A site that nothing is known of. Tests of one class share the service, and see nothing of each other's sites.</summary>
    public TestSite NewSite() => new(this);

    /// <summary>Settings of this service and of those that run beside it: same database, same broker, same key.</summary>
    public IReadOnlyList<string> Settings =>
    [
        $"--Postgres:ConnectionString={database.ConnectionString}",
        $"--Messaging:Broker=memory://{database.Name}",
        $"--Identity:SigningKey={SigningKey}",
        "--Logging:LogLevel:Default=Warning",
        "--Messaging:FirstRetrySeconds=0.01",
        "--Copies:WaitAtStartSeconds=0",
        $"--Services:Definition={DefinitionUrl}",
    ];

    /// <summary>Settings of this service alone.</summary>
    protected virtual IReadOnlyList<string> OwnSettings => [];

    /// <summary>Answers in the Scheduler's place until a test starts a real one, see <see cref="SchedulerBeside"/>.</summary>
    public SchedulerDesk Desk { get; } = new();

    /// <summary>Where the service looks for the Scheduler.</summary>
    public string SchedulerUrl { get; } = $"http://127.0.0.1:{FreePort.Next()}";

    /// <summary>Where the service looks for Definition. Nobody answers there unless a test starts one, see <see cref="DefinitionBeside"/>.</summary>
    public string DefinitionUrl { get; } = $"http://127.0.0.1:{FreePort.Next()}";

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync("enrollment", connection => Migrations.MigrateAsync(connection, "enrollment", typeof(EnrollmentApp).Assembly));
        app = EnrollmentApp.Create(
            [
                .. Settings,
                "--urls=http://127.0.0.1:0",
                "--Postgres:MaxPoolSize=60",
                // Hundreds of calls at once take their turns, on a machine that may be busy.
                "--Postgres:ConnectTimeoutSeconds=60",
                $"--Services:Scheduler={SchedulerUrl}",
                .. OwnSettings,
            ],
            Clock);
        await app.StartAsync();
        foreach (var loop in app.Services.GetServices<IHostedService>().OfType<BackgroundService>())
            await loop.StopAsync(CancellationToken.None);
        Channel = GrpcChannel.ForAddress(app.Urls.Single());
        await Desk.StartAsync(Settings, SchedulerUrl, Clock);
    }

    public async Task DisposeAsync()
    {
        Channel.Dispose();
        await app.DisposeAsync();
        await Desk.DisposeAsync();
        await database.DisposeAsync();
    }
}
