using Microsoft.Extensions.Logging;

namespace Journeys.BuildingBlocks.Outboxes;

/// <summary>Publishes the messages of the outbox to the broker. Any number of relays share the work.</summary>
/// <remarks>
/// No transaction is open while the relay waits for the broker. After a crash the lease ends, and the message is sent
/// again.
/// </remarks>
public sealed class OutboxRelay(
    OutboxStore store, Outbox outbox, IMessagePublisher publisher, Wake<OutboxRelay> wake, ILogger<OutboxRelay> logger) : IChore
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

        var rows = await store.ClaimAsync(MostAtOnce, (publisher.Limit * 2) + TimeSpan.FromSeconds(5), ct);
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
        await store.SettleAsync([.. results.Where(result => result.Outcome == Outcome.Confirmed).Select(result => result.Row.OutboxId)], released);
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

    async Task<Result> PublishAsync(OutboxRow row, CancellationToken ct)
    {
        try
        {
            await publisher.PublishAsync(new OutgoingMessage(row.OutboxId, row.MessageType, row.Body, row.TraceParent, row.CreatedAt), ct);
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
    static ReleasedRow Rest(OutboxRow row, Outcome outcome) => outcome switch
    {
        Outcome.Unavailable => new(row.OutboxId, row.Attempts - 1, BrokerRest),
        Outcome.Refused => new(row.OutboxId, row.Attempts, BackOff.After(row.Attempts, FirstRestOfRefused, LongestRestOfRefused)),
        _ => new(row.OutboxId, row.Attempts, BackOff.After(row.Attempts, FirstRest, LongestRest)),
    };

    async Task SayDownAsync(string cause)
    {
        if (Interlocked.Exchange(ref isDown, 1) == 1)
            return;

        var (depth, _) = await store.MeasureAsync(CancellationToken.None);
        logger.LogWarning("The broker does not take messages ({Cause}), {Depth} wait in the outbox of {Schema}", cause, depth, outbox.Schema);
    }

    sealed record Result(OutboxRow Row, Outcome Outcome, Exception? Problem);
}
