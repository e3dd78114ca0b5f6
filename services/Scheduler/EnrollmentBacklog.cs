using Journeys.BuildingBlocks.Outboxes;

namespace Journeys.Scheduling;

/// <summary>Timers that have elapsed and that Enrollment has not taken yet.</summary>
public sealed class EnrollmentBacklog(IMessagePublisher broker, TimeProvider time, ILogger<EnrollmentBacklog> logger)
{
    /// <summary>The queue from which Enrollment takes them.</summary>
    public const string Queue = "enrollment.timers-elapsed";

    /// <summary>How long a full queue is not asked again.</summary>
    public static readonly TimeSpan WhileFull = TimeSpan.FromMilliseconds(100);

    // While so many messages wait, every replica of Enrollment has all that it may hold.
    const int Full = 8;

    static readonly TimeSpan BetweenLines = TimeSpan.FromMinutes(1);

    // Timestamps; 0 before the first time.
    long fullAt;
    long saidAt;

    /// <summary>Returns whether Enrollment has all that it can work off for now.</summary>
    public async Task<bool> IsFullAsync(CancellationToken ct)
    {
        if (IsWithin(WhileFull, Interlocked.Read(ref fullAt)))
            return true;
        if (await broker.CountUntakenAsync(Queue, ct) is var untaken && untaken < Full)
            return false;

        Interlocked.Exchange(ref fullAt, time.GetTimestamp());
        if (!IsWithin(BetweenLines, Interlocked.Read(ref saidAt)))
        {
            Interlocked.Exchange(ref saidAt, time.GetTimestamp());
            logger.LogInformation("Due timers wait for Enrollment, since {Untaken} messages wait in {Queue}", untaken, Queue);
        }

        return true;
    }

    bool IsWithin(TimeSpan span, long timestamp) => timestamp != 0 && time.GetElapsedTime(timestamp) < span;
}
