using System.Diagnostics.Metrics;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Microsoft.Extensions.Options;
using Npgsql;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Scheduling;

/// <summary>Sends due timers: removes them, publishes them, and only then commits.</summary>
/// <remarks>
/// After a crash at any point they are sent again, which receivers ignore. Any number of replicas and lanes may do
/// this.
/// </remarks>
public sealed class SendDueTimers(
    NpgsqlDataSource source, TimerQueries timers, TimerPublisher publisher, EnrollmentBacklog backlog, IMessagePublisher broker,
    IOptions<SchedulerOptions> options, IMeterFactory meters, TimeProvider time) : IChore
{
    static readonly TimeSpan WithoutBroker = TimeSpan.FromMilliseconds(250);

    // Requests for timers that this replica receives wake the loop earlier. Only requests received by a replica that
    // has stopped wait for this interval.
    static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(2);
    static readonly TimeSpan WhileOthersSend = TimeSpan.FromMilliseconds(20);

    // Whether more timers may be due than the last batch took: after a start, too.
    volatile bool isBehind = true;

    readonly Histogram<double> lateness = meters.Create(Telemetry.MeterName)
        .CreateHistogram<double>("journeys.timers.lateness", "s", "From due to sent");

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        // Without a broker, removing timers and rolling back would only bloat the table.
        if (!await broker.IsReachableAsync(ct))
            return WithoutBroker;
        // What one batch does not take stays in the table, where pauses and cancellations still reach it, and is sent as
        // fast as it is worked off: calls would notice the work of sending all of it at once.
        if (isBehind && await backlog.IsFullAsync(ct))
            return EnrollmentBacklog.WhileFull;

        var taken = await SendAsync(now: null, ct);
        isBehind = taken == options.Value.TimersPerBatch;
        return isBehind ? TimeSpan.Zero : await SleepAsync(taken, ct);
    }

    /// <summary>Sends one batch. Returns the number of timers removed.</summary>
    /// <param name="now">The present time in tests; null uses the database's clock.</param>
    /// <param name="ct">Cancels the operation; claimed timers stay stored.</param>
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

    // Sleeps until the next timer falls due. An earlier one that is requested in between wakes the loop.
    async Task<TimeSpan> SleepAsync(int taken, CancellationToken ct)
    {
        var next = await timers.NextDueInAsync(ct) ?? LongestSleep;
        // Due timers that could not be claimed are being sent by another lane or replica.
        var least = taken == 0 && next == TimeSpan.Zero ? WhileOthersSend : TimeSpan.FromMilliseconds(1);
        return next < least ? least : next < LongestSleep ? next : LongestSleep;
    }
}

/// <summary>
/// Publishes timers in batches directly to the broker, several batches concurrently and the oldest first.
/// </summary>
public sealed class TimerPublisher(IMessagePublisher broker)
{
    /// <summary>Returns when the broker has confirmed all timers.</summary>
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
