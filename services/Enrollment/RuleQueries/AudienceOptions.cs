using System.ComponentModel.DataAnnotations;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>The settings under `Audiences`: how long the database may work for the rule of one audience.</summary>
public sealed record AudienceOptions
{
    /// <summary>The longest that the count or the sample of a preview may take, in seconds.</summary>
    [Range(1, 3_600)]
    public int PreviewTimeoutSeconds { get; init; } = 10;

    /// <summary>The longest that a sweep may look for candidates in one chunk, in seconds. Half of it is for counting them at the start.</summary>
    [Range(1, 3_600)]
    public int SweepTimeoutSeconds { get; init; } = 10;

    /// <summary>How many people a chunk of a sweep asks. When that takes too long it asks 500, and then people one by one; with three who take too long alone the sweep fails.</summary>
    [Range(500, 1_000_000)]
    public int SweepWindow { get; init; } = 50_000;
}
