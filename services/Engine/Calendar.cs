using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;
using NodaTime;
using NodaTime.TimeZones;

namespace Journeys.Engine;

/// <summary>A place's clock, the same on every host. <see cref="Calendar"/> finds it.</summary>
public sealed class Zone
{
    internal Zone(DateTimeZone clock) => Clock = clock;

    /// <summary>The name under which the zone is kept.</summary>
    public string Id => Clock.Id;

    internal DateTimeZone Clock { get; }

    /// <summary>How far the clock is ahead of UTC at an instant.</summary>
    public TimeSpan GetUtcOffset(DateTimeOffset at) => Clock.GetUtcOffset(NodaTime.Instant.FromDateTimeOffset(at)).ToTimeSpan();
}

/// <summary>Local times as people mean them. The only place that knows where zones come from.</summary>
/// <remarks>
/// The zone data are those of NodaTime, with all aliases, so that the same name means the same on every host. Only names of that fixed set and
/// plain offsets are zones; nothing is kept for a name that a caller made up.
/// </remarks>
public static partial class Calendar
{
    /// <summary>The most characters of a zone's name.</summary>
    public const int MaxNameLength = 64;

    /// <summary>Coordinated universal time.</summary>
    public static readonly Zone Utc = new(DateTimeZone.Utc);

    /// <summary>The version of the zone data.</summary>
    public static string Version => DateTimeZoneProviders.Tzdb.VersionId;

    // From every name to the one under which the data are kept.
    static readonly FrozenDictionary<string, string> Names = AllNames();

    /// <summary>The zone of the first name that is known; UTC when none is.</summary>
    public static Zone Zone(string? person, string? journey) => Find(person) ?? Find(journey) ?? Utc;

    /// <summary>A zone by its IANA name or alias, by its name in Windows, or by an offset such as `+02:00` or `GMT+2`; null when there is none.</summary>
    public static Zone? Find(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxNameLength)
            return null;

        return Names.TryGetValue(name, out var id) ? new Zone(DateTimeZoneProviders.Tzdb[id]) : FindOffset(name);
    }

    /// <summary>The next time strictly after <paramref name="now"/> that the clock in the zone shows this time on one of these weekdays.</summary>
    /// <remarks>A time skipped by a clock change means the first instant after the gap; one that occurs twice means the first.</remarks>
    /// <param name="weekdays">Empty means every day.</param>
    public static DateTimeOffset Next(TimeOnly time, IReadOnlyCollection<DayOfWeek> weekdays, Zone zone, DateTimeOffset now)
    {
        var day = DateOnly.FromDateTime((now + zone.GetUtcOffset(now)).UtcDateTime);
        // One day back, because the first instant after a gap may lie on the day after the one it belongs to.
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

    /// <summary>The first instant at which the clock in the zone shows this or, where it skips this, the first after the gap.</summary>
    public static DateTimeOffset Instant(DateTime local, Zone zone)
    {
        var mapping = zone.Clock.MapLocal(LocalDateTime.FromDateTime(local));
        if (mapping.Count == 0)
            return mapping.LateInterval.Start.ToDateTimeOffset();

        return Dates.Add(new DateTimeOffset(local.Ticks, TimeSpan.Zero), -mapping.EarlyInterval.WallOffset.ToTimeSpan());
    }

    /// <summary>The time that a trait names: RFC 3339, or a date, which means its midnight in the zone. Null when it names none.</summary>
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

    // In the everyday sense: ahead of UTC is plus. Etc/GMT+2, which means the opposite, is a name of the set.
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
