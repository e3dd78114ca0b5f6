using System.ComponentModel.DataAnnotations;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>
/// The settings under `Audiences`: time limits for evaluating the rule of one audience in the database.
/// </summary>
public sealed record AudienceOptions
{
    /// <summary>The timeout for the count or the sample of a preview, in seconds.</summary>
    [Range(1, 3_600)]
    public int PreviewTimeoutSeconds { get; init; } = 10;

    /// <summary>
    /// The time limit for finding candidates in one chunk of a sweep, in seconds. Half of it applies to counting them
    /// at the start.
    /// </summary>
    [Range(1, 3_600)]
    public int SweepTimeoutSeconds { get; init; } = 10;

    /// <summary>
    /// The number of people that one chunk of a sweep evaluates. After a timeout the chunk evaluates 500, and then
    /// single people; if three single people time out, the sweep fails.
    /// </summary>
    [Range(500, 1_000_000)]
    public int SweepWindow { get; init; } = 50_000;
}
