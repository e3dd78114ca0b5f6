using System.ComponentModel.DataAnnotations;

namespace Journeys.Scheduling;

/// <summary>The settings under `Scheduler`.</summary>
public sealed record SchedulerOptions
{
    /// <summary>Timers that one transaction takes and sends.</summary>
    [Range(1, 10_000)]
    public int TimersPerBatch { get; init; } = 1_000;

    /// <summary>Overdue timers of one resumed journey that are released a second, by all replicas together.</summary>
    [Range(1, 1_000_000)]
    public int ReleasePerSecond { get; init; } = 2_000;

    /// <summary>People in one chunk of a job: a transaction of Enrollment's, so more of them are faster and hold locks for longer.</summary>
    [Range(1, 10_000)]
    public int PeoplePerChunk { get; init; } = 2_000;

    /// <summary>Chunks that may be in flight at once, one a job, of all replicas together.</summary>
    [Range(1, 1_000)]
    public int JobsAtOnce { get; init; } = 8;

    /// <summary>Seconds after which a chunk that was not answered is sent again.</summary>
    [Range(1, 86_400)]
    public int ChunkTimeoutSeconds { get; init; } = 60;

    /// <summary>Seconds between two sweeps of a journey whose audience depends on the passing of time.</summary>
    [Range(1, 86_400)]
    public int SweepIntervalSeconds { get; init; } = 900;
}
