using System.ComponentModel.DataAnnotations;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>The settings under `Rules`: how much work the rules of one site may be.</summary>
public sealed record RuleOptions
{
    /// <summary>
    /// Steps of the rules of one site that a replica takes a second, on average over ten seconds. A step takes a few nanoseconds, so this is about half a
    /// core. Calls of a site that is over it are refused; what it has to do anyway, such as its timers, is done and counts.
    /// </summary>
    [Range(1_000_000, 1_000_000_000_000)]
    public long StepsPerSecond { get; init; } = 100_000_000;

    /// <summary>
    /// The longest that PostgreSQL may look through the events of one person, in milliseconds. It takes a few, unless a regular expression is slow in
    /// thousands of events.
    /// </summary>
    [Range(10, 60_000)]
    public int EventsTimeoutMilliseconds { get; init; } = 2_000;
}
