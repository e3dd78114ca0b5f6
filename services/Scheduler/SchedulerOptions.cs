using System.ComponentModel.DataAnnotations;

namespace Journeys.Scheduling;

/// <summary>The settings under `Scheduler`.</summary>
public sealed record SchedulerOptions
{
    /// <summary>The maximum number of timers that one transaction takes and sends.</summary>
    [Range(1, 10_000)]
    public int TimersPerBatch { get; init; } = 1_000;

    /// <summary>
    /// The maximum number of overdue timers of one resumed journey that all replicas together release per second.
    /// </summary>
    [Range(1, 1_000_000)]
    public int ReleasePerSecond { get; init; } = 2_000;

    /// <summary>
    /// The maximum number of people in one chunk of a job. A chunk is one transaction of Enrollment, so larger chunks
    /// are faster but hold locks for longer.
    /// </summary>
    [Range(1, 10_000)]
    public int PeoplePerChunk { get; init; } = 2_000;

    /// <summary>The maximum number of chunks in flight, one for each job, of all replicas together.</summary>
    [Range(1, 1_000)]
    public int JobsAtOnce { get; init; } = 8;

    /// <summary>The timeout of a chunk in seconds, after which it is sent again.</summary>
    [Range(1, 86_400)]
    public int ChunkTimeoutSeconds { get; init; } = 60;

    /// <summary>The seconds between two sweeps of a journey whose audience depends on the passing of time.</summary>
    [Range(1, 86_400)]
    public int SweepIntervalSeconds { get; init; } = 900;
}
