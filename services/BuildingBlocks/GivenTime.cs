namespace Journeys.BuildingBlocks;

/// <summary>A clock that plays the machine's, in a simulation whose database has a simulated clock too.</summary>
public interface IMachineClock;

/// <summary>Distinguishes a clock that a test gives from the machine's, which decides nothing: replicas agree on the database's only.</summary>
public static class GivenTime
{
    /// <summary>The time that a test gives; null for the database's.</summary>
    public static DateTimeOffset? GetGiven(this TimeProvider time) =>
        ReferenceEquals(time, TimeProvider.System) || time is IMachineClock ? null : time.GetUtcNow();
}
