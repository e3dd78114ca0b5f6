namespace Journeys.Definitions;

/// <summary>Rounds times to the precision of PostgreSQL, so that an answer has the same time as later reads.</summary>
public static class StoredTime
{
    /// <summary>Returns the present time in whole microseconds.</summary>
    public static DateTimeOffset GetStoredNow(this TimeProvider time) => time.GetUtcNow().ToStored();

    /// <summary>Rounds a time down to whole microseconds.</summary>
    public static DateTimeOffset ToStored(this DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond));
}
