namespace Journeys.Engine;

/// <summary>A pause of the journey during which waits stopped.</summary>
/// <param name="From">When the journey was paused.</param>
/// <param name="Until">When it was resumed.</param>
public readonly record struct FrozenPause(DateTimeOffset From, DateTimeOffset Until)
{
    /// <summary>
    /// Returns when a wait ends: later than `until` by as much of the pauses as fell into it. A pause that began after
    /// the wait had ended changes nothing.
    /// </summary>
    /// <param name="pauses">The pauses, in order.</param>
    /// <param name="since">When the wait began.</param>
    /// <param name="until">When it would end without a pause.</param>
    public static DateTimeOffset Extend(IReadOnlyList<FrozenPause> pauses, DateTimeOffset since, DateTimeOffset until)
    {
        foreach (var pause in pauses)
        {
            var from = pause.From > since ? pause.From : since;
            if (from >= pause.Until)
                continue;
            if (from >= until)
                break;
            until += pause.Until - from;
            // Pauses do not overlap, unless a clock was set back.
            since = pause.Until;
        }

        return until;
    }
}
