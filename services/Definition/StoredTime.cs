namespace Journeys.Definitions;

/// <summary>The clock in steps that PostgreSQL can keep, so that what a call answers is what is read later.</summary>
public static class StoredTime
{
    /// <summary>Now, in whole microseconds.</summary>
    public static DateTimeOffset GetStoredNow(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
