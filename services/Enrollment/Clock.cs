using Journeys.BuildingBlocks;

namespace Journeys.Enrollments;

/// <summary>What time it is for enrollments: the database's time, on which all replicas and the Scheduler agree, unless a test gives another.</summary>
public sealed class Clock(TimeProvider time)
{
    /// <summary>The time that a test gives; null for the database's.</summary>
    public DateTimeOffset? Given => time.GetGiven();

    /// <summary>What time it is when the database says that it is this time.</summary>
    public DateTimeOffset At(DateTimeOffset database) => Given ?? database;
}
