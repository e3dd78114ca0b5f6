namespace Journeys.Engine;

/// <summary>Local times as people mean them.</summary>
public static class Calendar
{
    /// <summary>The zone of the first name that is known; UTC when none is.</summary>
    public static TimeZoneInfo Zone(string? person, string? journey) => Find(person) ?? Find(journey) ?? TimeZoneInfo.Utc;

    /// <summary>A zone by its IANA name; null when there is none.</summary>
    public static TimeZoneInfo? Find(string? name) =>
        !string.IsNullOrEmpty(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null;

    /// <summary>The next time strictly after <paramref name="now"/> that the clock in the zone shows this time on one of these weekdays.</summary>
    /// <remarks>A time skipped by a clock change means the first instant after the gap; one that occurs twice means the first.</remarks>
    /// <param name="weekdays">Empty means every day.</param>
    public static DateTimeOffset Next(TimeOnly time, IReadOnlyCollection<DayOfWeek> weekdays, TimeZoneInfo zone, DateTimeOffset now)
    {
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
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
    /// <remarks>
    /// Asks only how instants map to clocks. The framework's own answers for skipped and doubled times contradict that in some zones and years.
    /// </remarks>
    public static DateTimeOffset Instant(DateTime local, TimeZoneInfo zone)
    {
        var clock = DateTime.SpecifyKind(local, DateTimeKind.Utc);
        // A larger offset means an earlier instant, so the larger one is the first occurrence.
        TimeSpan[] offsets = [zone.GetUtcOffset(clock.AddDays(-1)), zone.GetUtcOffset(clock.AddDays(1))];
        foreach (var offset in offsets.OrderDescending())
        {
            if (zone.GetUtcOffset(clock - offset) == offset)
                return new DateTimeOffset(clock - offset, TimeSpan.Zero);
        }

        return AfterGap(clock, zone);
    }

    /// <summary>The time that a trait names: RFC 3339, or a date, which means its midnight in the zone. Null when it names none.</summary>
    public static DateTimeOffset? Read(string text, TimeZoneInfo zone) =>
        text.Length == 10 && Dates.Read(text) is { } date ? Instant(date.DateTime, zone) : Dates.Read(text);

    // The first instant at which the clock shows more, searched by halving.
    static DateTimeOffset AfterGap(DateTime clock, TimeZoneInfo zone)
    {
        var (before, after) = (clock.AddDays(-2), clock.AddDays(2));
        while (after - before > TimeSpan.FromTicks(1))
        {
            var middle = before + ((after - before) / 2);
            if (middle + zone.GetUtcOffset(middle) < clock)
                before = middle;
            else
                after = middle;
        }

        return new DateTimeOffset(after, TimeSpan.Zero);
    }
}
