using System.ComponentModel.DataAnnotations;

namespace Journeys.Copies;

/// <summary>The settings under `Copies`.</summary>
public sealed record CopyOptions
{
    /// <summary>Seconds between two comparisons with Definition.</summary>
    [Range(1, 86_400)]
    public int CompareIntervalSeconds { get; init; } = 300;

    /// <summary>
    /// How long Enrollment waits at start for Definition to answer, in seconds, before it serves what it knows.
    /// </summary>
    [Range(0, 3_600)]
    public int WaitAtStartSeconds { get; init; } = 10;
}
