using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;
using NodaTime;
using NodaTime.TimeZones;

namespace Journeys.Engine;

/// <summary>A time zone with the same rules on every host. <see cref="Calendar"/> finds it.</summary>
public sealed class Zone
{
    internal Zone(DateTimeZone clock) => Clock = clock;

    /// <summary>The name under which the zone data lists the zone.</summary>
    public string Id => Clock.Id;

    internal DateTimeZone Clock { get; }

    /// <summary>Returns how far the zone is ahead of UTC at an instant.</summary>
    public TimeSpan GetUtcOffset(DateTimeOffset at) => Clock.GetUtcOffset(NodaTime.Instant.FromDateTimeOffset(at)).ToTimeSpan();
}

/// <summary>Converts local times to instants. The only class that knows where zones come from.</summary>
/// <remarks>
/// The zone data is NodaTime's, with all aliases, so that a name means the same on every host. Only the names of that
/// fixed set and plain offsets are zones; nothing is cached for a name that a caller made up.
/// </remarks>
public static partial class Calendar
{
    /// <summary>Maximum number of characters in a zone's name.</summary>
    public const int MaxNameLength = 64;

    /// <summary>Coordinated universal time.</summary>
    public static readonly Zone Utc = new(DateTimeZone.Utc);

    /// <summary>The version of the zone data.</summary>
    public static string Version => DateTimeZoneProviders.Tzdb.VersionId;

    // Maps every name and alias to the name under which the data lists the zone.
    static readonly FrozenDictionary<string, string> Names = AllNames();

    /// <summary>Returns the zone of the first known name; UTC when no name is known.</summary>
    public static Zone Zone(string? person, string? journey) => Find(person) ?? Find(journey) ?? Utc;

    /// <summary>
    /// Finds a zone by its IANA name or alias, by its Windows name, or by an offset such as `+02:00` or `GMT+2`; null
    /// when there is none.
    /// </summary>
    public static Zone? Find(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxNameLength)
            return null;

        return Names.TryGetValue(name, out var id) ? new Zone(DateTimeZoneProviders.Tzdb[id]) : FindOffset(name);
    }

    /// <summary>
    /// Returns the next instant after <paramref name="now"/> at which the zone shows this time on one of these
    /// weekdays.
    /// </summary>
    /// <remarks>
    /// A time that a clock change skips stands for the first instant after the gap; a time that occurs twice stands for
    /// its first occurrence.
    /// </remarks>
    /// <param name="weekdays">Empty means every day.</param>
    public static DateTimeOffset Next(TimeOnly time, IReadOnlyCollection<DayOfWeek> weekdays, Zone zone, DateTimeOffset now)
    {
        var day = DateOnly.FromDateTime((now + zone.GetUtcOffset(now)).UtcDateTime);
        // Starts one day back, because the first instant after a gap may be on the day after the day of the skipped
        // time.
        for (var ahead = -1; ; ahead++)
        {
            var candidate = day.AddDays(ahead);
            if (weekdays.Count > 0 && !weekdays.Contains(candidate.DayOfWeek))
                continue;

            var instant = Instant(candidate.ToDateTime(time), zone);
            if (instant > now)
                return instant;
        }
    }

    /// <summary>
    /// Returns the first instant at which the zone shows this local time; for a skipped time, the first instant after
    /// the gap.
    /// </summary>
    public static DateTimeOffset Instant(DateTime local, Zone zone)
    {
        var mapping = zone.Clock.MapLocal(LocalDateTime.FromDateTime(local));
        if (mapping.Count == 0)
            return mapping.LateInterval.Start.ToDateTimeOffset();

        return Dates.Add(new DateTimeOffset(local.Ticks, TimeSpan.Zero), -mapping.EarlyInterval.WallOffset.ToTimeSpan());
    }

    /// <summary>
    /// Reads the time in a trait: RFC 3339, or a date, which means its midnight in the zone. Null when the text is
    /// neither.
    /// </summary>
    public static DateTimeOffset? Read(string text, Zone zone) =>
        text.Length == 10 && Dates.Read(text) is { } date ? Instant(date.DateTime, zone) : Dates.ReadUp(text);

    static FrozenDictionary<string, string> AllNames()
    {
        var names = DateTimeZoneProviders.Tzdb.Ids.ToDictionary(id => id, StringComparer.OrdinalIgnoreCase);
        foreach (var (windows, id) in TzdbDateTimeZoneSource.Default.WindowsMapping.PrimaryMapping)
            names.TryAdd(windows, id);
        names.TryAdd("Z", "UTC");
        return names.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    // In the everyday sense, plus means ahead of UTC. Etc/GMT+2, which means the opposite, is a name of the fixed set.
    static Zone? FindOffset(string name)
    {
        if (OffsetForm().Match(name) is not { Success: true } match)
            return null;

        var offset = new TimeSpan(Number(match.Groups["hours"]), Number(match.Groups["minutes"]), 0);
        if (offset > TimeSpan.FromHours(18))
            return null;

        var isBehind = match.Groups["sign"].Value == "-";
        return new Zone(DateTimeZone.ForOffset(Offset.FromTimeSpan(isBehind ? -offset : offset)));
    }

    static int Number(Group group) => group.Success ? int.Parse(group.Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^(UTC|GMT)?(?<sign>[+-])(?<hours>[0-9]{1,2})(:?(?<minutes>[0-5][0-9]))?\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OffsetForm();
}
