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

    /// <summary>The instant at which the clock in the zone shows this.</summary>
    public static DateTimeOffset Instant(DateTime local, TimeZoneInfo zone)
    {
        if (zone.IsInvalidTime(local))
            return AfterGap(local, zone);
        if (zone.IsAmbiguousTime(local))
            return new DateTimeOffset(local, zone.GetAmbiguousTimeOffsets(local).Max()).ToUniversalTime();

        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }

    /// <summary>The time that a trait names: RFC 3339, or a date, which means its midnight in the zone. Null when it names none.</summary>
    public static DateTimeOffset? Read(string text, TimeZoneInfo zone) =>
        text.Length == 10 && Dates.Read(text) is { } date ? Instant(date.DateTime, zone) : Dates.Read(text);

    // The offset in force before the gap turns the skipped time into an instant after the change; the change itself is what
    // the clock skipped to. Searched by halving, since the framework does not give the instant.
    static DateTimeOffset AfterGap(DateTime local, TimeZoneInfo zone)
    {
        var utc = DateTime.SpecifyKind(local, DateTimeKind.Utc);
        var (before, after) = (utc.AddDays(-2), utc.AddDays(2));
        while (after - before > TimeSpan.FromTicks(1))
        {
            var middle = before + ((after - before) / 2);
            if (middle + zone.GetUtcOffset(middle) < utc)
                before = middle;
            else
                after = middle;
        }

        return new DateTimeOffset(after, TimeSpan.Zero);
    }
}
