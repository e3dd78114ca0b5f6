using System.Diagnostics.Metrics;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Microsoft.Extensions.Options;
using Npgsql;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Scheduling;

/// <summary>Sends due timers: takes them, publishes them, and only then deletes them.</summary>
/// <remarks>A crash anywhere sends them again; who receives them does not care. Any number of replicas and lanes may do this.</remarks>
public sealed class SendDueTimers(
    NpgsqlDataSource source, TimerQueries timers, TimerPublisher publisher, IMessagePublisher broker, IOptions<SchedulerOptions> options,
    IMeterFactory meters, TimeProvider time) : IChore
{
    static readonly TimeSpan WithoutBroker = TimeSpan.FromMilliseconds(250);

    // Timers that this replica is asked for wake it. Only those of a replica that is no more wait for the end of this.
    static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(2);
    static readonly TimeSpan WhileOthersSend = TimeSpan.FromMilliseconds(20);

    readonly Histogram<double> lateness = meters.Create(Telemetry.MeterName)
        .CreateHistogram<double>("journeys.timers.lateness", "s", "From due to sent");

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        // Taking timers without a broker to give them to would only churn the table.
        if (!await broker.IsReachableAsync(ct))
            return WithoutBroker;

        var taken = await SendAsync(now: null, ct);
        return taken == options.Value.TimersPerBatch ? TimeSpan.Zero : await SleepAsync(taken, ct);
    }

    /// <summary>Sends one batch. Returns how many timers were taken.</summary>
    /// <param name="now">What counts as due; the database's clock when null.</param>
    /// <param name="ct">Cancels the operation; what was taken stays.</param>
    public async Task<int> SendAsync(DateTimeOffset? now, CancellationToken ct)
    {
        var taken = await source.InTransactionAsync(
            async transaction =>
            {
                var due = await TimerStore.TakeDueAsync(transaction, now, options.Value.TimersPerBatch, ct);
                if (due.Count == 0)
                    return due;

                var needed = due.Where(timer => !timer.Cancelled).ToList();
                await publisher.PublishAsync(await ParkedTimerStore.ParkPausedAsync(transaction, needed, ct), ct);
                Crash.At(CrashPoint.TimersPublished);
                return due;
            },
            ct);

        var sentAt = time.GetUtcNow();
        foreach (var timer in taken.Where(timer => !timer.Cancelled))
            lateness.Record((sentAt - timer.DueAt).TotalSeconds);
        return taken.Count;
    }

    // Sleeps until the next one falls due; a sooner one that comes meanwhile wakes it.
    async Task<TimeSpan> SleepAsync(int taken, CancellationToken ct)
    {
        var next = await timers.NextDueInAsync(ct) ?? LongestSleep;
        // What is due and could not be taken is being sent by another lane or replica.
        var least = taken == 0 && next == TimeSpan.Zero ? WhileOthersSend : TimeSpan.FromMilliseconds(1);
        return next < least ? least : next < LongestSleep ? next : LongestSleep;
    }
}

/// <summary>Publishes timers as batches by shape, several at once and the oldest first, straight to the broker.</summary>
public sealed class TimerPublisher(IMessagePublisher broker)
{
    /// <summary>Returns when the broker has confirmed all of them.</summary>
    public Task PublishAsync(IReadOnlyCollection<TimerRow> timers, CancellationToken ct) => Task.WhenAll(timers
        .OrderBy(timer => timer.DueAt)
        .Chunk(Limits.MessageItems)
        .Select(some => new Proto.TimersElapsed { Timers = { some.Select(ToProto) } })
        .Select(message => broker.PublishAsync(message, FreshId.Make(), ct)));

    static Proto.Timer ToProto(TimerRow timer) => new()
    {
        SiteId = timer.SiteId.ToString(),
        JourneyId = timer.JourneyId.ToString(),
        EnrollmentId = timer.EnrollmentId.ToString(),
        VisitNo = timer.VisitNo,
        DueTime = timer.DueAt.ToTimestamp(),
    };
}
