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
            Parse(expected), Calendar.Next(new TimeOnly(hour, minute), [], Calendar.Find(zone)!, Parse(now)));

    [Fact]
    public void Only_the_given_weekdays_count() =>
        // The 5th of January 2026 is a Monday.
        Assert.Equal(
            Make.Noon.AddDays(2).AddHours(-3),
            Calendar.Next(new TimeOnly(9, 0), [DayOfWeek.Wednesday], Calendar.Utc, Make.Noon));

    [Fact]
    public void In_every_zone_through_every_clock_change_of_2020_to_2035_it_is_never_early_and_once_a_local_day()
    {
        foreach (var zone in NodaTime.DateTimeZoneProviders.Tzdb.Ids.Select(id => Calendar.Find(id)!))
        {
            foreach (var change in Changes(zone))
            {
                foreach (var time in (TimeOnly[])[new(0, 0), new(2, 30), new(23, 59, 59)])
                    Check(zone, time, change.AddDays(-2));
            }
        }
    }

    [Theory]
    // What Chromium reports for Kolkata, Ho Chi Minh and Kyiv.
    [InlineData("Asia/Calcutta", 330)]
    [InlineData("Asia/Saigon", 420)]
    [InlineData("Europe/Kiev", 120)]
    [InlineData("europe/kyiv", 120)]
    [InlineData("US/Eastern", -300)]
    [InlineData("EST5EDT", -300)]
    [InlineData("UTC", 0)]
    [InlineData("Z", 0)]
    [InlineData("GMT+2", 120)]
    [InlineData("UTC-03:30", -210)]
    [InlineData("+02:00", 120)]
    [InlineData("-0530", -330)]
    [InlineData("+18", 1080)]
    // A name of the database, in which the sign means the opposite.
    [InlineData("Etc/GMT+2", -120)]
    [InlineData("W. Europe Standard Time", 60)]
    public void Aliases_names_of_windows_and_offsets_are_zones_on_every_host(string name, int minutes) =>
        Assert.Equal(TimeSpan.FromMinutes(minutes), Calendar.Find(name)?.GetUtcOffset(Make.Noon));

    [Theory]
    [InlineData("")]
    [InlineData("Etc/Unknown")]
    [InlineData("Mars/Base")]
    // Other spellings of files and zones: each would be a key of its own, for ever.
    [InlineData("posix/Africa/Casablanca")]
    [InlineData("posix//Africa///Casablanca")]
    [InlineData("Africa//Casablanca")]
    [InlineData("right/UTC")]
    [InlineData("localtime")]
    [InlineData("Factory")]
    [InlineData("../etc/passwd")]
    [InlineData("+18:01")]
    [InlineData("+19")]
    [InlineData("GMT+2\n")]
    [InlineData("2")]
    [InlineData("GMT+0000000000000000000000000000000000000000000000000000000000000")]
    public void Nothing_else_is_a_zone(string name) => Assert.Null(Calendar.Find(name));

    [Theory]
    [InlineData("9999-12-31", "America/New_York", "9999-12-31T05:00:00Z")]
    [InlineData("0001-01-01", "Asia/Tokyo", "0001-01-01T00:00:00Z")]
    [InlineData("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z")]
    [InlineData("2026-03-02T12:00:00.1234561Z", "UTC", "2026-03-02T12:00:00.123457Z")]
    [InlineData("2026-03-02T12:00:00.1234560000000Z", "UTC", "2026-03-02T12:00:00.123456Z")]
    public void A_traits_date_is_never_early_and_never_outside_the_calendar(string text, string zone, string expected) =>
        Assert.Equal(Parse(expected), Calendar.Read(text, Calendar.Find(zone)!));

    static void Check(Zone zone, TimeOnly time, DateTimeOffset now)
    {
        var before = DateOnly.MinValue;
        for (var i = 0; i < 4; i++)
        {
            var next = Calendar.Next(time, [], zone, now);
            var local = Local(next, zone);
            var wasSkipped = TimeOnly.FromDateTime(local) != time;
            var meant = wasSkipped && TimeOnly.FromDateTime(local) < time ? DateOnly.FromDateTime(local).AddDays(-1) : DateOnly.FromDateTime(local);

            Assert.True(next > now, $"{zone.Id}: {next:O} is not after {now:O}");
            Assert.True(meant > before, $"{zone.Id}: {time} twice on {meant}");
            // Early would be a clock that has not reached the time yet on the day that is meant.
            Assert.True(local >= meant.ToDateTime(time), $"{zone.Id}: {local} is before {time}");
            // Late would be a clock that had reached the time already.
            var justBefore = Local(next.AddTicks(-1), zone);
            Assert.True(!wasSkipped || justBefore < meant.ToDateTime(time), $"{zone.Id}: {local} is late for {time} on {meant}");
            (now, before) = (next, meant);
        }
    }

    // Instants at which the offset changes, to the hour.
    static IEnumerable<DateTimeOffset> Changes(Zone zone)
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

    static DateTime Local(DateTimeOffset at, Zone zone) => (at + zone.GetUtcOffset(at)).UtcDateTime;

    static DateTimeOffset Parse(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
