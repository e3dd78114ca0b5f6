namespace Journeys.Engine.Tests;

public sealed class CalendarTests
{
    [Theory]
    // Skipped: clocks go from 02:00 to 03:00, so 02:30 means 03:00, the first instant after the gap.
    [InlineData("Europe/Berlin", "2026-03-28T12:00:00Z", 2, 30, "2026-03-29T01:00:00Z")]
    // Twice: 02:30 happens at 00:30 and 01:30 UTC; the first counts.
    [InlineData("Europe/Berlin", "2026-10-24T12:00:00Z", 2, 30, "2026-10-25T00:30:00Z")]
    [InlineData("America/New_York", "2026-03-07T12:00:00Z", 9, 0, "2026-03-07T14:00:00Z")]
    public void Clock_changes_are_taken_as_people_mean_them(string zone, string now, int hour, int minute, string expected) =>
        Assert.Equal(
            Parse(expected), Calendar.Next(new TimeOnly(hour, minute), [], TimeZoneInfo.FindSystemTimeZoneById(zone), Parse(now)));

    [Fact]
    public void Only_the_given_weekdays_count() =>
        // The 5th of January 2026 is a Monday.
        Assert.Equal(
            Make.Noon.AddDays(2).AddHours(-3),
            Calendar.Next(new TimeOnly(9, 0), [DayOfWeek.Wednesday], TimeZoneInfo.Utc, Make.Noon));

    [Fact]
    public void In_every_zone_through_every_clock_change_of_2020_to_2035_it_is_never_early_and_once_a_local_day()
    {
        foreach (var zone in TimeZoneInfo.GetSystemTimeZones())
        {
            foreach (var change in Changes(zone))
            {
                foreach (var time in (TimeOnly[])[new(0, 0), new(2, 30), new(23, 59, 59)])
                    Check(zone, time, change.AddDays(-2));
            }
        }
    }

    static void Check(TimeZoneInfo zone, TimeOnly time, DateTimeOffset now)
    {
        var before = DateOnly.MinValue;
        for (var i = 0; i < 4; i++)
        {
            var next = Calendar.Next(time, [], zone, now);
            var local = TimeZoneInfo.ConvertTime(next, zone).DateTime;
            var wasSkipped = TimeOnly.FromDateTime(local) != time;
            var meant = wasSkipped && TimeOnly.FromDateTime(local) < time ? DateOnly.FromDateTime(local).AddDays(-1) : DateOnly.FromDateTime(local);

            Assert.True(next > now, $"{zone.Id}: {next:O} is not after {now:O}");
            Assert.True(meant > before, $"{zone.Id}: {time} twice on {meant}");
            // Early would be a clock that has not reached the time yet on the day that is meant.
            Assert.True(local >= meant.ToDateTime(time), $"{zone.Id}: {local} is before {time}");
            // Late would be a clock that had reached the time already.
            var justBefore = TimeZoneInfo.ConvertTime(next.AddTicks(-1), zone).DateTime;
            Assert.True(!wasSkipped || justBefore < meant.ToDateTime(time), $"{zone.Id}: {local} is late for {time} on {meant}");
            (now, before) = (next, meant);
        }
    }

    // Instants at which the offset changes, to the hour.
    static IEnumerable<DateTimeOffset> Changes(TimeZoneInfo zone)
    {
        var at = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var offset = zone.GetUtcOffset(at);
        for (; at.Year < 2036; at = at.AddDays(1))
        {
            if (zone.GetUtcOffset(at) == offset)
                continue;
            offset = zone.GetUtcOffset(at);
            yield return at;
        }
    }

    static DateTimeOffset Parse(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
