using System.Collections.Concurrent;
using Dapper;
using Google.Protobuf;
using Journeys.BuildingBlocks.Brokers;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Protos.Events.V1;
using Journeys.Testing;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>What the consumers of one service have seen, and how they are told to behave.</summary>
sealed class Inbox
{
    readonly ConcurrentBag<string> seen = [];

    public IReadOnlyCollection<string> Seen => seen;

    public Func<string, Task> Behave { get; set; } = _ => Task.CompletedTask;

    public async Task TakeAsync(string id)
    {
        await Behave(id);
        seen.Add(id);
    }
}

sealed class ChunkRequestedConsumer(Inbox inbox) : IConsumer<ChunkRequested>
{
    public Task Consume(ConsumeContext<ChunkRequested> context) => inbox.TakeAsync(context.Message.JobId);
}

sealed class JourneyLifeConsumer(Inbox inbox) : IConsumer<JourneyPaused>, IConsumer<JourneyResumed>
{
    public Task Consume(ConsumeContext<JourneyPaused> context) => inbox.TakeAsync($"paused {context.Message.State.JourneyId} {context.MessageId}");

    public Task Consume(ConsumeContext<JourneyResumed> context) => inbox.TakeAsync($"resumed {context.Message.State.JourneyId}");
}

sealed class TimersRequestedConsumer(Inbox inbox) : IConsumer<TimersRequested>
{
    public Task Consume(ConsumeContext<TimersRequested> context) => inbox.TakeAsync($"{context.Message.Timers.Count} timers");
}

sealed class AudienceChangedConsumer(Inbox inbox) : IConsumer<AudienceChanged>
{
    public Task Consume(ConsumeContext<AudienceChanged> context) => inbox.TakeAsync(context.Message.AudienceId);
}

/// <summary>A service with an outbox and consumers on a database and a broker of the test's choice.</summary>
sealed class Postman : IAsyncDisposable
{
    readonly WebApplication app;

    Postman(WebApplication app) => this.app = app;

    public Inbox Inbox => app.Services.GetRequiredService<Inbox>();

    public NpgsqlDataSource Database => app.Services.GetRequiredService<NpgsqlDataSource>();

    public Outbox Outbox => app.Services.GetRequiredService<Outbox>();

    public OutboxRelay Relay => app.Services.GetRequiredService<OutboxRelay>();

    public FailedMessages Failed => app.Services.GetRequiredService<FailedMessages>();

    public DeadLetterStore DeadLetters => app.Services.GetRequiredService<DeadLetterStore>();

    public string Address => app.Urls.Single();

    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    public IMessagePublisher Publisher => app.Services.GetRequiredService<IMessagePublisher>();

    /// <summary>Builds it; <see cref="StartAsync()"/> runs it. Its prefix makes its queue names its own.</summary>
    public static Postman Build(string database, string broker, string service, params Type[] consumers) =>
        Build(database, broker, service, [], consumers);

    /// <inheritdoc cref="Build(string, string, string, Type[])"/>
    public static Postman Build(string database, string broker, string service, string[] settings, Type[] consumers)
    {
        var builder = WebApplication.CreateBuilder(
        [
            "--urls=http://127.0.0.1:0", $"--Postgres:ConnectionString={database}", $"--Messaging:Broker={broker}", "--Messaging:DeliveryLimit=3",
            "--Messaging:FirstRetrySeconds=0.02", "--Messaging:LongestRetrySeconds=0.2", "--Messaging:MostTries=3", .. settings,
        ]);
        builder.AddServiceDefaults("test");
        builder.AddPostgres("test", typeof(Postman).Assembly);
        builder.AddMessaging(service, consumers, typeof(EnrollmentStarted));
        builder.Services.AddSingleton<Inbox>();
        var app = builder.Build();
        app.MapServiceDefaults();
        return new Postman(app);
    }

    /// <summary>An empty database; the service migrates it.</summary>
    public static async Task<string> DatabaseAsync() => (await TestDatabase.CreateEmptyAsync()).ConnectionString;

    public static async Task<Postman> StartAsync(string database, string broker, string service, params Type[] consumers)
    {
        var postman = Build(database, broker, service, consumers);
        await postman.StartAsync();
        return postman;
    }

    public Task StartAsync() => app.StartAsync();

    /// <summary>Waits until its queues are there and bound. A service itself never waits for the broker.</summary>
    public Task ConnectedAsync() => Eventually.True(() => Task.FromResult(Listens), "its queues to be there");

    public bool Listens => app.Services.GetRequiredService<RabbitListener>().Health is { Status: BusHealthStatus.Healthy };

    public Task StopAsync() => app.StopAsync();

    /// <summary>Adds messages to the outbox as a use case does.</summary>
    public async Task SendAsync(params IEnumerable<IMessage> messages)
    {
        await Database.InTransactionAsync(transaction => Outbox.AddAsync(transaction, messages, CancellationToken.None), CancellationToken.None);
        Outbox.Wake();
    }

    public async Task<long> WaitingAsync()
    {
        await using var command = Database.CreateCommand("select count(*) from test.outbox");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The dead letters, whatever they name, newest first.</summary>
    public async Task<IReadOnlyList<FailedMessage>> DeadAsync()
    {
        await using var connection = await Database.OpenConnectionAsync();
        return (await connection.QueryAsync<FailedMessage>("select * from test.failed_message where dead_at is not null order by dead_at desc")).AsList();
    }

    /// <summary>Changes the database.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }

    /// <summary>How many failed messages wait for their next try.</summary>
    public async Task<long> KeptAsync()
    {
        await using var command = Database.CreateCommand("select count(*) from test.failed_message where dead_at is null");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();
}
