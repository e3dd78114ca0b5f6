using System.Globalization;

namespace Journeys.Engine;

/// <summary>A number with its noun, for sentences.</summary>
public static class Counted
{
    /// <summary>Returns for instance `1 time`, `2 times` or `1,000 people`.</summary>
    /// <param name="count">How many.</param>
    /// <param name="one">The noun for one.</param>
    /// <param name="many">The noun for any other number; <paramref name="one"/> with an s when it is null.</param>
    public static string Of(long count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? one : many ?? $"{one}s")}");
}
