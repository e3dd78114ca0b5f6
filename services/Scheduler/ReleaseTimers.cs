using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>Sends the overdue timers of resumed journeys, oldest first, at a bounded rate. Those of a journey that is paused again stay.</summary>
/// <remarks>Any number of replicas may do this: what a journey is allowed stands in its row.</remarks>
public sealed class ReleaseTimers(NpgsqlDataSource source, TimerPublisher publisher, IMessagePublisher broker, IOptions<SchedulerOptions> options)
    : IChore
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    // A resume wakes it.
    static readonly TimeSpan WithNothingToRelease = TimeSpan.FromSeconds(2);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct) =>
        !await broker.IsReachableAsync(ct) || (await ReleaseAsync(now: null, ct)).Journeys > 0 ? Interval : WithNothingToRelease;

    /// <summary>Sends as many as the time since the last release allows. Returns how many, and of how many journeys there may be more.</summary>
    /// <param name="now">The database's clock when null.</param>
    /// <param name="ct">Cancels the operation; what was taken stays.</param>
    public Task<(int Timers, int Journeys)> ReleaseAsync(DateTimeOffset? now, CancellationToken ct) =>
        source.InBackgroundAsync(
            async transaction =>
            {
                var released = 0;
                var journeys = await JourneyStore.TakeForReleaseAsync(transaction, options.Value.ReleasePerSecond, now, ct);
                foreach (var journey in journeys.Where(journey => journey.Allowance > 0))
                {
                    var timers = await ParkedTimerStore.TakeAsync(transaction, journey.SiteId, journey.JourneyId, journey.Allowance, ct);
                    // Before the commit: a crash in between sends them again.
                    await publisher.PublishAsync(timers, ct);
                    if (timers.Count > 0)
                        Crash.At(CrashPoint.ParkedPublished);
                    released += timers.Count;
                }

                return (released, journeys.Count);
            },
            ct);
}
