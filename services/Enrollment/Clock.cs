using Journeys.BuildingBlocks;

namespace Journeys.Enrollments;

/// <summary>
/// The time for enrollments: the database's time, on which all replicas and the Scheduler agree, unless a test gives
/// another.
/// </summary>
public sealed class Clock(TimeProvider time)
{
    /// <summary>The time that a test gives; null for the database's time.</summary>
    public DateTimeOffset? Given => time.GetGiven();

    /// <summary>Returns the present time for a time that was read from the database: in tests the given one.</summary>
    public DateTimeOffset At(DateTimeOffset database) => Given ?? database;
}
