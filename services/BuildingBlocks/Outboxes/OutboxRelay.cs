using System.Diagnostics.Metrics;
using Dapper;
using Journeys.BuildingBlocks.Databases;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Journeys.BuildingBlocks.Outboxes;

/// <summary>Publishes the messages of the outbox to the broker. Any number of relays share the work.</summary>
/// <remarks>
/// No transaction is open while the relay waits for the broker. After a crash the lease ends, and the message is sent
/// again.
/// </remarks>
public sealed class OutboxRelay(NpgsqlDataSource database, Outbox outbox, IMessagePublisher publisher, Wake<OutboxRelay> wake, ILogger<OutboxRelay> logger)
    : IChore
{
    const int MostAtOnce = 200;

    // Adding a message wakes the relay. Polling finds the messages of crashed replicas.
    static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);
    static readonly TimeSpan BrokerRest = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan FirstRest = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(10);
    static readonly TimeSpan FirstRestOfRefused = TimeSpan.FromSeconds(5);
    static readonly TimeSpan LongestRestOfRefused = TimeSpan.FromMinutes(2);

    int isDown;

    enum Outcome
    {
        Confirmed,
        Unavailable,
        Undeliverable,

        // The broker ended the connection instead of accepting the message.
        Refused,
    }

    /// <summary>Publishes at most 200 messages and deletes those that were confirmed.</summary>
    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        if (!await publisher.IsReachableAsync(ct))
        {
            await SayDownAsync("it cannot be reached");
            return BrokerRest;
        }

        var rows = await ClaimAsync(ct);
        if (rows.Count == MostAtOnce)
            wake.Set();
        if (rows.Count > 0)
            Crash.At(CrashPoint.OutboxTaken);
        var results = await Task.WhenAll(rows.Select(row => PublishAsync(row, ct)));
        if (Array.Exists(results, result => result.Outcome == Outcome.Refused))
            await FindRefusedAsync(results, ct);

        if (Array.Exists(results, result => result.Outcome == Outcome.Confirmed))
            Crash.At(CrashPoint.OutboxPublished);

        // Confirmed messages must be deleted even while the service stops.
        var released = results.Where(result => result.Outcome != Outcome.Confirmed).Select(result => Rest(result.Row, result.Outcome)).ToList();
        await SettleAsync([.. results.Where(result => result.Outcome == Outcome.Confirmed).Select(result => result.Row.OutboxId)], released);
        ct.ThrowIfCancellationRequested();

        if (Array.Find(results, result => result.Outcome == Outcome.Undeliverable) is { Problem: not null } stuck)
            logger.LogWarning(
                "{Count} messages stay in the outbox of {Schema} for now: {Problem}",
                results.Count(result => result.Outcome == Outcome.Undeliverable), outbox.Schema, Explain(stuck.Problem));
        if (Array.Find(results, result => result.Outcome == Outcome.Unavailable) is { Problem: { } unavailable })
            await SayDownAsync(Explain(unavailable));
        else if (Interlocked.Exchange(ref isDown, 0) == 1)
            logger.LogInformation("The broker takes the messages of {Schema} again", outbox.Schema);

        return rows.Count == MostAtOnce ? TimeSpan.Zero : released.Select(row => row.Rest).Append(Poll).Min();
    }

    // A refused message fails the others in progress, so each is sent again on its own.
    async Task FindRefusedAsync(Result[] results, CancellationToken ct)
    {
        for (var i = 0; i < results.Length; i++)
        {
            if (results[i].Outcome is not (Outcome.Refused or Outcome.Unavailable))
                continue;

            results[i] = await PublishAsync(results[i].Row, ct);
            // The broker is unavailable by now. The refused message is found when the broker is back.
            if (results[i].Outcome == Outcome.Unavailable)
            {
                for (var rest = i; rest < results.Length; rest++)
                    results[rest] = results[rest].Outcome == Outcome.Refused ? results[rest] with { Outcome = Outcome.Unavailable } : results[rest];
                return;
            }

            if (results[i] is { Outcome: Outcome.Refused, Row: var row, Problem: { } problem })
                logger.LogError(
                    "The broker refuses message {Id} of {Type}, {Size} bytes, which waits in the outbox of {Schema} after {Attempts} attempts: {Problem}",
                    row.OutboxId, row.MessageType, row.Body.Length, outbox.Schema, row.Attempts, Explain(problem));
        }
    }

    static string Explain(Exception problem) => problem.InnerException is { } inner ? $"{problem.Message} ({inner.Message})" : problem.Message;

    async Task<Result> PublishAsync(Row row, CancellationToken ct)
    {
        try
        {
            await publisher.PublishAsync(new OutgoingMessage(row.OutboxId, row.MessageType, row.Body, row.TraceParent), ct);
            return new(row, Outcome.Confirmed, Problem: null);
        }
        catch (Undeliverable problem)
        {
            return new(row, Outcome.Undeliverable, problem);
        }
        catch (Exception problem) when (problem is BrokerUnavailable or OperationCanceledException)
        {
            return new(row, problem is BrokerUnavailable { BrokeOff: true } ? Outcome.Refused : Outcome.Unavailable, problem);
        }
    }

    // An outage is not the message's fault, so it does not count as an attempt.
    static Release Rest(Row row, Outcome outcome) => outcome switch
    {
        Outcome.Unavailable => new(row.OutboxId, row.Attempts - 1, BrokerRest),
        Outcome.Refused => new(row.OutboxId, row.Attempts, BackOff.After(row.Attempts, FirstRestOfRefused, LongestRestOfRefused)),
        _ => new(row.OutboxId, row.Attempts, BackOff.After(row.Attempts, FirstRest, LongestRest)),
    };

    async Task<List<Row>> ClaimAsync(CancellationToken ct)
    {
        // The schema is the service's own constant, checked by its migrations.
        var sql = $"""
            with due as (
                select outbox_id
                from {outbox.Schema}.outbox
                where lease_until <= now()
                order by lease_until, outbox_id
                limit @MostAtOnce
                for update skip locked
            )
            update {outbox.Schema}.outbox as claimed
            set lease_until = now() + @lease, attempts = least(claimed.attempts, 1000000) + 1
            from due
            where claimed.outbox_id = due.outbox_id
            returning claimed.outbox_id, claimed.message_type, claimed.body, claimed.trace_parent, claimed.attempts
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        var lease = (publisher.Limit * 2) + TimeSpan.FromSeconds(5);
        return (await connection.QueryAsync<Row>(new CommandDefinition(sql, new { MostAtOnce, lease }, cancellationToken: ct))).AsList();
    }

    async Task SettleAsync(Guid[] confirmed, List<Release> released)
    {
        var delete = $"delete from {outbox.Schema}.outbox where outbox_id = any(@confirmed)";
        var release = $"""
            update {outbox.Schema}.outbox as claimed
            set lease_until = now() + released.rest, attempts = released.attempts
            from unnest(@ids, @attempts, @rests) as released (outbox_id, attempts, rest)
            where claimed.outbox_id = released.outbox_id
            """;

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await using var batch = database.CreateBatch();
        if (confirmed.Length > 0)
            batch.BatchCommands.Add(new(delete) { Parameters = { new NpgsqlParameter<Guid[]>("confirmed", confirmed) } });
        if (released.Count > 0)
            batch.BatchCommands.Add(new(release)
            {
                Parameters =
                {
                    new NpgsqlParameter<Guid[]>("ids", [.. released.Select(row => row.OutboxId)]),
                    new NpgsqlParameter<int[]>("attempts", [.. released.Select(row => row.Attempts)]),
                    new NpgsqlParameter<TimeSpan[]>("rests", [.. released.Select(row => row.Rest)]),
                },
            });
        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(limit.Token);
    }

    async Task SayDownAsync(string cause)
    {
        if (Interlocked.Exchange(ref isDown, 1) == 1)
            return;

        var (depth, _) = await OutboxMeter.MeasureAsync(database, outbox.Schema, CancellationToken.None);
        logger.LogWarning("The broker does not take messages ({Cause}), {Depth} wait in the outbox of {Schema}", cause, depth, outbox.Schema);
    }

    sealed record Row
    {
        public Guid OutboxId { get; init; }

        public string MessageType { get; init; } = "";

        public byte[] Body { get; init; } = [];

        public string? TraceParent { get; init; }

        public int Attempts { get; init; }
    }

    sealed record Result(Row Row, Outcome Outcome, Exception? Problem);

    sealed record Release(Guid OutboxId, int Attempts, TimeSpan Rest);
}

/// <summary>
/// Measures the number and the age of waiting messages: `journeys.outbox.depth` and `journeys.outbox.age`.
/// </summary>
public sealed class OutboxMeter : IChore
{
    readonly NpgsqlDataSource database;
    readonly Outbox outbox;
    (long Depth, double Age) last;

    public OutboxMeter(NpgsqlDataSource database, Outbox outbox, IMeterFactory meters)
    {
        this.database = database;
        this.outbox = outbox;
        var meter = meters.Create(Telemetry.MeterName);
        var tags = new KeyValuePair<string, object?>("schema", outbox.Schema);
        meter.CreateObservableGauge("journeys.outbox.depth", () => new Measurement<long>(last.Depth, tags), "{message}", "Messages that wait in the outbox.");
        meter.CreateObservableGauge("journeys.outbox.age", () => new Measurement<double>(last.Age, tags), "s", "Age of the oldest message in the outbox.");
    }

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        last = await MeasureAsync(database, outbox.Schema, ct);
        return TimeSpan.FromSeconds(10);
    }

    internal static async Task<(long Depth, double Age)> MeasureAsync(NpgsqlDataSource database, string schema, CancellationToken ct)
    {
        var sql = $"select count(*), coalesce(extract(epoch from now() - min(created_at)), 0)::double precision from {schema}.outbox";

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QuerySingleAsync<(long, double)>(new CommandDefinition(sql, cancellationToken: ct));
    }
}
