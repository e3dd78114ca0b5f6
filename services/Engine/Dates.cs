using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Journeys.Engine;

/// <summary>Reads dates and durations as rules and traits write them.</summary>
public static partial class Dates
{
    /// <summary>
    /// Matches RFC 3339 date-times of the years 0001 to 9999, with any number of fraction digits and offsets of at most
    /// 18 hours, and dates, which mean midnight UTC. The SQL compiler uses the pattern too, so it contains only syntax
    /// that .NET and PostgreSQL read alike.
    /// </summary>
    public const string Pattern =
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
        + @"([Tt]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?([Zz]|[+-](0[0-9]|1[0-7]):[0-5][0-9]|[+-]18:00))?$";

    /// <summary>The longest time span that authors may set, in days.</summary>
    public const int DaysInTenYears = 3_653;

    /// <summary>The longest time span that authors may set.</summary>
    public static readonly TimeSpan TenYears = TimeSpan.FromDays(DaysInTenYears);

    /// <summary>The earliest time that a text can contain.</summary>
    public static readonly DateTimeOffset Earliest = DateTimeOffset.MinValue;

    /// <summary>The latest time that a text can contain: the last microsecond of the year 9999.</summary>
    public static readonly DateTimeOffset Latest = new(DateTimeOffset.MaxValue.Ticks / 10 * 10, TimeSpan.Zero);

    /// <summary>Reads the time in a text value; null when it is not a time.</summary>
    public static DateTimeOffset? Read(JsonElement value) => value.ValueKind == JsonValueKind.String ? Read(value.GetString()!) : null;

    /// <summary>
    /// Reads the time in a text, truncated to microseconds as PostgreSQL stores it; null when it is not a time.
    /// </summary>
    public static DateTimeOffset? Read(string text) => ReadParts(text) is var (midnight, after) ? Add(midnight, after) : null;

    /// <summary>
    /// Reads the time in a text, rounded up to a microsecond, so that no wait for it ends early; null when it is not a
    /// time.
    /// </summary>
    public static DateTimeOffset? ReadUp(string text)
    {
        if (Read(text) is not { } date)
            return null;

        var fraction = text.IndexOf('.', StringComparison.Ordinal) + 1;
        var isCut = fraction > 0 && text.Skip(fraction).TakeWhile(char.IsAsciiDigit).Skip(6).Any(digit => digit != '0');
        return isCut ? Add(date, TimeSpan.FromMicroseconds(1)) : date;
    }

    /// <summary>Adds a time span; returns the earliest or latest time if the sum is out of range.</summary>
    public static DateTimeOffset Add(DateTimeOffset date, TimeSpan span) =>
        span > Latest - date ? Latest : span < Earliest - date ? Earliest : date + span;

    /// <summary>
    /// Rounds up to a microsecond, because the database truncates the rest and no wait may end early.
    /// </summary>
    public static DateTimeOffset Up(DateTimeOffset time) => new(Math.Min((time.UtcTicks + 9) / 10 * 10, Latest.Ticks), TimeSpan.Zero);

    /// <summary>
    /// Reads a duration such as `604800s` or `1.5s`, at most ten years; null if the value is not one.
    /// </summary>
    public static TimeSpan? ReadDuration(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 1 and < 24 } text && text[^1] == 's'
        && decimal.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        && seconds > 0 && seconds <= (decimal)TenYears.TotalSeconds
            ? TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond))
            : null;

    // Returns the UTC midnight of the day and the time after it. The framework reads at most 7 fraction digits and 14
    // hours of offset, and no second 60.
    static (DateTimeOffset Midnight, TimeSpan After)? ReadParts(string text)
    {
        if (!Shape().IsMatch(text) || text[^1] == '\n'
            || !DateOnly.TryParseExact(text.AsSpan(0, 10), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            return null;

        var midnight = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        if (text.Length == 10)
            return (midnight, TimeSpan.Zero);

        var time = new TimeSpan(Number(text, 11), Number(text, 14), Number(text, 17));
        var micros = 0;
        for (var i = 20; i < 26 && text[19] == '.'; i++)
            micros = (micros * 10) + (i < text.Length && char.IsAsciiDigit(text[i]) ? text[i] - '0' : 0);

        return (midnight, time + TimeSpan.FromMicroseconds(micros) - Offset(text));
    }

    static TimeSpan Offset(string text)
    {
        if (text[^1] is 'Z' or 'z')
            return TimeSpan.Zero;

        var offset = new TimeSpan(Number(text, text.Length - 5), Number(text, text.Length - 2), 0);
        return text[^6] == '-' ? -offset : offset;
    }

    static int Number(string text, int at) => ((text[at] - '0') * 10) + text[at + 1] - '0';

    [GeneratedRegex(Pattern, RegexOptions.CultureInvariant)]
    private static partial Regex Shape();
}
