namespace Journeys.Engine;

/// <summary>A visit, and the time to wake it; null for never.</summary>
public readonly record struct Wakeup(int VisitNo, DateTimeOffset? At);

/// <summary>
/// The timer changes between two stored states: the net difference, however many transitions lie between them.
/// </summary>
/// <param name="Start">The visit to wake; null when no timer has to be set.</param>
/// <param name="Cancel">The visit whose timer is no longer needed; null when there is none.</param>
public readonly record struct TimerChange(Wakeup? Start, int? Cancel)
{
    /// <summary>Returns the difference. A visit with a new time is started again, which replaces its timer.</summary>
    /// <param name="saved">The state that was stored last; the default before the first one.</param>
    /// <param name="now">The state to store.</param>
    /// <param name="at">
    /// The current time. A timer that is due by then is already being delivered and is not cancelled.
    /// </param>
    public static TimerChange Between(Wakeup saved, Wakeup now, DateTimeOffset at) => new(
        now.At is not null && now != saved ? now : null,
        saved.At > at && (now.At is null || now.VisitNo != saved.VisitNo) ? saved.VisitNo : null);
}
