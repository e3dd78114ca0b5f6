using System.ComponentModel.DataAnnotations;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>The settings under `Rules`: limits for the work of one site's rules.</summary>
public sealed record RuleOptions
{
    /// <summary>
    /// Steps of one site's rules that a replica allows per second, averaged over ten seconds. A step takes a few
    /// nanoseconds, so the default is about half a core. Beyond it, calls of the site are refused. Other work, such as
    /// its timers, is done and counted.
    /// </summary>
    [Range(1_000_000, 1_000_000_000_000)]
    public long StepsPerSecond { get; init; } = 100_000_000;

    /// <summary>
    /// The timeout for reading the events of one person in PostgreSQL, in milliseconds. Reading usually takes a few
    /// milliseconds, unless a regular expression is slow on thousands of events.
    /// </summary>
    [Range(10, 60_000)]
    public int EventsTimeoutMilliseconds { get; init; } = 2_000;

    /// <summary>
    /// The timeout for a query that tells slow rules from a slow database, in milliseconds. The query usually takes
    /// about a millisecond.
    /// </summary>
    [Range(10, 60_000)]
    public int PaceTimeoutMilliseconds { get; init; } = 500;
}
