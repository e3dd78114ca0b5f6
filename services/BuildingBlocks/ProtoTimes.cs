using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Journeys.BuildingBlocks;

/// <summary>Checks whether protobuf times and durations are valid.</summary>
public static class ProtoTimes
{
    // Protobuf's own bound, about 10,000 years.
    const long MaxSeconds = 315_576_000_000;

    static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeSeconds();
    static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <summary>Returns whether a time is within the years 1 to 9999.</summary>
    public static bool IsTime(Timestamp time) =>
        time.Nanos is >= 0 and < Duration.NanosecondsPerSecond && time.Seconds >= Earliest && time.Seconds <= Latest;

    /// <summary>Returns whether a duration is at most 10,000 years long and its two parts have the same sign.</summary>
    public static bool IsSpan(Duration span) =>
        span.Seconds is >= -MaxSeconds and <= MaxSeconds
        && span.Nanos is > -Duration.NanosecondsPerSecond and < Duration.NanosecondsPerSecond
        && Math.Sign(span.Seconds) * Math.Sign(span.Nanos) >= 0;
}

/// <summary>Lists the names of an enum in refusals.</summary>
public static class EnumNames
{
    /// <summary>Returns a sentence with the values that are allowed.</summary>
    public static string Expected(EnumDescriptor type) =>
        $"must be one of {string.Join(", ", type.Values.Where(value => !IsUnspecified(value)).Select(value => value.Name))}.";

    static bool IsUnspecified(EnumValueDescriptor value) =>
        value.Number == 0 && value.Name.EndsWith("_UNSPECIFIED", StringComparison.Ordinal);
}
