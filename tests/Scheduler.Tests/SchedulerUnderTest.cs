using Grpc.Core;
using Grpc.Net.Client;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Journeys.Protos.Events.V1;
using Journeys.Protos.Options.V1;
using Journeys.Protos.Scheduler.V1;
using Journeys.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Journeys.Scheduling.Tests;

/// <summary>
/// The real Scheduler on a database of its own. Its loops rest, so that nothing happens but what the test does: the test runs the chores, reads
/// chunks in the outbox, and plays Definition and Enrollment through a <see cref="Neighbour"/>.
/// </summary>
public sealed class SchedulerUnderTest : IAsyncLifetime
{
    static readonly string SigningKey = Convert.ToBase64String(new byte[32]);

    TestDatabase database = null!;
    WebApplication app = null!;
    GrpcChannel channel = null!;

    /// <summary>The service's clock. It is years ahead of the database's, which alone may decide what is due.</summary>
    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public NpgsqlDataSource Database => database.DataSource;

    /// <summary>How to reach its database.</summary>
    public string ConnectionString => database.ConnectionString;

    /// <summary>The other services, as the Scheduler knows them.</summary>
    internal Neighbour Neighbour { get; private set; } = null!;

    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync(
            "scheduler", connection => Migrations.MigrateAsync(connection, "scheduler", typeof(SchedulerApp).Assembly));
        app = SchedulerApp.Create(
            [
                "--urls=http://127.0.0.1:0", $"--Postgres:ConnectionString={database.ConnectionString}", $"--Messaging:Broker=memory://{database.Name}",
                $"--Identity:SigningKey={SigningKey}", "--Logging:LogLevel:Default=Error", "--Scheduler:ReleasePerSecond=100",
            ],
            Clock);
        await app.StartAsync();
        foreach (var loop in app.Services.GetServices<IHostedService>().OfType<BackgroundService>())
            await loop.StopAsync(CancellationToken.None);
        channel = GrpcChannel.ForAddress(app.Urls.Single());
        Neighbour = await Neighbour.StartAsync(database);
    }

    /// <summary>A chore as one more replica would have it, with some parts of its own.</summary>
    public TChore OfReplica<TChore>(SchedulerOptions options, params object[] parts)
        where TChore : IChore => ActivatorUtilities.CreateInstance<TChore>(app.Services, [Options.Create(options), .. parts]);

    /// <summary>Calls as an editor, or with another role, of a site.</summary>
    public SchedulerClient As(Guid siteId, Access.Types.Role role = Access.Types.Role.Editor) =>
        new(channel, Get<IdentityTokens>().Sign(new Caller(siteId, "me", role)));

    public async Task DisposeAsync()
    {
        channel.Dispose();
        await Neighbour.DisposeAsync();
        await app.DisposeAsync();
        await database.DisposeAsync();
    }

    /// <summary>Takes the chunks that wait in the outbox to be sent, oldest first.</summary>
    public async Task<IReadOnlyList<ChunkRequested>> TakeChunksAsync()
    {
        await using var command = Database.CreateCommand("delete from scheduler.outbox returning outbox_id, body");
        await using var reader = await command.ExecuteReaderAsync();
        var chunks = new List<(Guid Id, ChunkRequested Chunk)>();
        while (await reader.ReadAsync())
            chunks.Add((reader.GetGuid(0), ChunkRequested.Parser.ParseFrom(reader.GetFieldValue<byte[]>(1))));
        return [.. chunks.OrderBy(chunk => chunk.Id).Select(chunk => chunk.Chunk)];
    }

    /// <summary>Changes the database.</summary>
    public async Task ExecuteAsync(string sql)
    {
#pragma warning disable CA2100 // The statements are the tests' own.
        await using var command = Database.CreateCommand(sql);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Asks the database for one value.</summary>
    public async Task<T> ScalarAsync<T>(string sql, params object[] parameters)
    {
#pragma warning disable CA2100 // The statements are the tests' own.
        await using var command = Database.CreateCommand(sql);
#pragma warning restore CA2100
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        return (T)(await command.ExecuteScalarAsync())!;
    }
}

/// <summary>The Scheduler's rpcs with a token.</summary>
public sealed class SchedulerClient(GrpcChannel channel, string token)
{
    readonly SchedulerService.SchedulerServiceClient client = new(channel);
    readonly Metadata headers = new() { { "authorization", $"Bearer {token}" } };

    public async Task<Job> StartAsync(StartJobRequest request) => await client.StartJobAsync(request, headers);

    public async Task<Job> GetAsync(string id) => await client.GetJobAsync(new() { Id = id }, headers);

    public async Task<Job> CancelAsync(string id) => await client.CancelJobAsync(new() { Id = id }, headers);

    public async Task<ListJobsResponse> ListAsync(ListJobsRequest request) => await client.ListJobsAsync(request, headers);

    public async Task<Protos.Scheduler.V1.Release> ReleaseAsync(Guid journeyId) =>
        await client.GetReleaseAsync(new() { JourneyId = journeyId.ToString() }, headers);

    public async Task<TimerLag> LagAsync() => await client.GetTimerLagAsync(new(), headers);
}
