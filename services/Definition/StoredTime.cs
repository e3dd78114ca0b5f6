namespace Journeys.Definitions;

/// <summary>The clock in steps that PostgreSQL can keep, so that what a call answers is what is read later.</summary>
public static class StoredTime
{
    /// <summary>Now, in whole microseconds.</summary>
    public static DateTimeOffset GetStoredNow(this TimeProvider time) => time.GetUtcNow().ToStored();

    /// <summary>A time in whole microseconds, never later than it is.</summary>
    public static DateTimeOffset ToStored(this DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond));
}
