namespace Journeys.Engine;

/// <summary>A visit, and when it is to be woken; null for never.</summary>
public readonly record struct Wakeup(int VisitNo, DateTimeOffset? At);

/// <summary>What has to become of timers between two saved states: the net difference, however many transitions lie between them.</summary>
/// <param name="Start">The visit to wake; null when no timer is to be set.</param>
/// <param name="Cancel">The visit whose timer is of no use any more; null when there is none.</param>
public readonly record struct TimerChange(Wakeup? Start, int? Cancel)
{
    /// <summary>The difference. A visit that is to be woken at another time is started anew, which takes the place of its timer.</summary>
    /// <param name="saved">The state as it was saved last; the default before that.</param>
    /// <param name="now">The state that is to be saved.</param>
    /// <param name="at">The time. A timer that is due by then is on its way already and is not cancelled.</param>
    public static TimerChange Between(Wakeup saved, Wakeup now, DateTimeOffset at) => new(
        now.At is not null && now != saved ? now : null,
        saved.At > at && (now.At is null || now.VisitNo != saved.VisitNo) ? saved.VisitNo : null);
}
