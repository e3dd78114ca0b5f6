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

    /// <summary>A time of the years 1 to 9999.</summary>
    public static bool IsTime(Timestamp time) =>
        time.Nanos is >= 0 and < Duration.NanosecondsPerSecond && time.Seconds >= Earliest && time.Seconds <= Latest;

    /// <summary>A span of at most 10,000 years whose two parts have the same sign.</summary>
    public static bool IsSpan(Duration span) =>
        span.Seconds is >= -MaxSeconds and <= MaxSeconds
        && span.Nanos is > -Duration.NanosecondsPerSecond and < Duration.NanosecondsPerSecond
        && Math.Sign(span.Seconds) * Math.Sign(span.Nanos) >= 0;
}

/// <summary>The names of an enum, for refusals.</summary>
public static class EnumNames
{
    /// <summary>Says which values there are.</summary>
    public static string Expected(EnumDescriptor type) =>
        $"must be one of {string.Join(", ", type.Values.Where(value => !IsUnspecified(value)).Select(value => value.Name))}.";

    static bool IsUnspecified(EnumValueDescriptor value) =>
        value.Number == 0 && value.Name.EndsWith("_UNSPECIFIED", StringComparison.Ordinal);
}
