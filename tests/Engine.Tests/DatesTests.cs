using System.Globalization;
using CsCheck;

namespace Journeys.Engine.Tests;

public sealed class DatesTests
{
    [Theory]
    [InlineData("2031-12-25T10:00:00Z", "2031-12-25T10:00:00Z")]
    [InlineData("2031-12-25t10:00:00z", "2031-12-25T10:00:00Z")]
    [InlineData("2031-12-25T10:00:00.5Z", "2031-12-25T10:00:00.5Z")]
    [InlineData("2031-12-25T10:00:00.123456Z", "2031-12-25T10:00:00.123456Z")]
    // What .NET, Go and Java write. Less than a microsecond is cut off, as the database keeps it.
    [InlineData("2031-12-25T10:00:00.1234567Z", "2031-12-25T10:00:00.123456Z")]
    [InlineData("2031-12-25T10:00:00.123456789Z", "2031-12-25T10:00:00.123456Z")]
    [InlineData("2031-12-25T10:00:00.12345678901234567890Z", "2031-12-25T10:00:00.123456Z")]
    [InlineData("2031-12-25T10:00:00+14:00", "2031-12-24T20:00:00Z")]
    [InlineData("2031-12-25T10:00:00+18:00", "2031-12-24T16:00:00Z")]
    [InlineData("2031-12-25T10:00:00-18:00", "2031-12-26T04:00:00Z")]
    [InlineData("2031-12-25T10:00:00-00:00", "2031-12-25T10:00:00Z")]
    // A leap second is the next minute's first.
    [InlineData("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z")]
    [InlineData("0001-01-01", "0001-01-01T00:00:00Z")]
    [InlineData("0999-06-01T00:00:00Z", "0999-06-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999Z")]
    [InlineData("9999-12-31T23:59:60+18:00", "9999-12-31T06:00:00Z")]
    // Beyond the calendar: its first and its last moment.
    [InlineData("0001-01-01T00:00:00+18:00", "0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59-18:00", "9999-12-31T23:59:59.999999Z")]
    public void Every_date_of_rfc_3339_is_read(string text, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), Dates.Read(text));

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("0000-01-01")]
    [InlineData("2026-02-29")]
    [InlineData("2026-1-1")]
    [InlineData("2026-01-01T10:00:00")]
    [InlineData("2026-01-01 10:00:00Z")]
    [InlineData("2026-01-01T10:00Z")]
    [InlineData("2026-01-01T24:00:00Z")]
    [InlineData("2026-01-01T10:00:61Z")]
    [InlineData("2026-01-01T10:00:00.Z")]
    [InlineData("2026-01-01T10:00:00+18:01")]
    [InlineData("2026-01-01T10:00:00+19:00")]
    [InlineData("2026-01-01T10:00:00+0100")]
    [InlineData("2026-01-01T10:00:00Z\n")]
    [InlineData("2026-01-01\n")]
    [InlineData("12026-01-01")]
    public void Nothing_else_is_a_date(string text) => Assert.Null(Dates.Read(text));

    [Fact]
    public void Every_time_is_read_as_it_was_written_whatever_its_offset_and_its_fraction() =>
        Gen.Select(Gen.DateTime, Gen.Int[-1080, 1080], Gen.Int[0, 12], Gen.Bool).Sample((time, minutes, digits, isSmall) =>
        {
            var micro = new DateTimeOffset(time.Ticks / 10 * 10, TimeSpan.Zero);
            var offset = TimeSpan.FromMinutes(minutes);
            if (micro < DateTimeOffset.MinValue.AddDays(2) || micro > DateTimeOffset.MaxValue.AddDays(-2))
                return;

            var fraction = micro.ToString("ffffff", CultureInfo.InvariantCulture) + new string('7', digits);
            var text = (micro + offset).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture)
                + $".{fraction}{(minutes < 0 ? '-' : '+')}{offset:hh\\:mm}";

            Assert.Equal(micro, Dates.Read(isSmall ? text.ToLowerInvariant() : text));
        });

    [Fact]
    public void Ten_years_are_the_same_for_every_time_span()
    {
        var longest = (long)Dates.TenYears.TotalSeconds;

        Assert.Equal(Dates.TenYears, Dates.ReadDuration(Make.Json($"\"{longest}s\"")));
        Assert.Null(Dates.ReadDuration(Make.Json($"\"{longest + 1}s\"")));
    }
}
