namespace Journeys.BuildingBlocks;

/// <summary>
/// A clock that replaces the machine's clock in a simulation whose database has a simulated clock too.
/// </summary>
public interface IMachineClock;

/// <summary>
/// Distinguishes a clock that a test supplies from the machine's clock. The machine's clock decides nothing, because
/// replicas agree on the database's clock only.
/// </summary>
public static class GivenTime
{
    /// <summary>Returns the time that a test supplies; null to use the database's time.</summary>
    public static DateTimeOffset? GetGiven(this TimeProvider time) =>
        ReferenceEquals(time, TimeProvider.System) || time is IMachineClock ? null : time.GetUtcNow();
}
