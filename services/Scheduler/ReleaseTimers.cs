using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>
/// Sends the overdue timers of resumed journeys, oldest first, at a bounded rate. Timers of a journey that is paused
/// again stay parked.
/// </summary>
/// <remarks>Any number of replicas may do this, because the time of the last release is in the journey's row.</remarks>
public sealed class ReleaseTimers(
    NpgsqlDataSource source, TimerPublisher publisher, EnrollmentBacklog backlog, IMessagePublisher broker, IOptions<SchedulerOptions> options,
    TimeProvider time) : IChore
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    // A resume wakes the loop earlier.
    static readonly TimeSpan WithNothingToRelease = TimeSpan.FromSeconds(2);

    // Shorter than the minute after which Enrollment takes a journey for not being released.
    static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(20);

    // Whether a journey may have more to release: after a start, too.
    bool isReleasing = true;
    long releasedAt = time.GetTimestamp();

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        if (!await broker.IsReachableAsync(ct) || await IsHeldAsync(ct))
            return Interval;

        isReleasing = (await ReleaseAsync(now: null, ct)).Journeys > 0;
        releasedAt = time.GetTimestamp();
        return isReleasing ? Interval : WithNothingToRelease;
    }

    // What was sent beside a full queue would hold back the due timers of all sites.
    async Task<bool> IsHeldAsync(CancellationToken ct) =>
        isReleasing && time.GetElapsedTime(releasedAt) < LongestHold && await backlog.IsFullAsync(ct);

    /// <summary>
    /// Sends as many timers as the time since the last release allows. Returns their number, and the number of journeys
    /// that may have more.
    /// </summary>
    /// <param name="now">The present time in tests; null uses the database's clock.</param>
    /// <param name="ct">Cancels the operation; claimed timers stay stored.</param>
    public Task<(int Timers, int Journeys)> ReleaseAsync(DateTimeOffset? now, CancellationToken ct) =>
        source.InBackgroundAsync(
            async transaction =>
            {
                var released = 0;
                var journeys = await JourneyStore.TakeForReleaseAsync(transaction, options.Value.ReleasePerSecond, now, ct);
                foreach (var journey in journeys.Where(journey => journey.Allowance > 0))
                {
                    var timers = await ParkedTimerStore.TakeAsync(transaction, journey.SiteId, journey.JourneyId, journey.Allowance, ct);
                    // Published before the commit: after a crash in between they are sent again.
                    await publisher.PublishAsync(timers, ct);
                    if (timers.Count > 0)
                        Crash.At(CrashPoint.ParkedPublished);
                    released += timers.Count;
                }

                return (released, journeys.Count);
            },
            ct);
}
