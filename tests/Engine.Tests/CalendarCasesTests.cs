using System.Globalization;
using System.IO.Compression;

namespace Journeys.Engine.Tests;

/// <summary>Compares <see cref="Calendar"/> with another implementation of zones. calendar-cases.py says how its cases were made.</summary>
public sealed class CalendarCasesTests
{
    [Fact]
    public void Around_the_clock_changes_of_all_zones_it_agrees_with_another_implementation()
    {
        var (zone, now, cases) = (Calendar.Utc, DateTimeOffset.UnixEpoch, 0);
        var differing = new List<string>();
        foreach (var line in Lines())
        {
            if (line.Split(',') is not [var sinceLast, var time, var weekday, var until])
            {
                (zone, now) = (Calendar.Find(line)!, DateTimeOffset.UnixEpoch);
                continue;
            }

            now = now.AddSeconds(Number(sinceLast));
            var expected = now.AddSeconds(Number(until));
            var weekdays = weekday.Length == 0 ? Array.Empty<DayOfWeek>() : [(DayOfWeek)(Number(weekday) % 7)];
            var next = Calendar.Next(TimeOnly.MinValue.Add(TimeSpan.FromSeconds(Number(time))), weekdays, zone, now);
            if (next != expected)
                differing.Add($"{zone.Id}: after {now:O}, {line} is {expected:O} and not {next:O}");
            cases++;
        }

        Assert.True(cases > 100_000, $"{cases} cases");
        Assert.True(differing.Count == 0, $"{differing.Count} differ, for instance:\n{string.Join('\n', differing.Take(10))}");
    }

    static IEnumerable<string> Lines()
    {
        using var stored = typeof(CalendarCasesTests).Assembly.GetManifestResourceStream("calendar-cases.gz")!;
        using var reader = new StreamReader(new GZipStream(stored, CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
            yield return line;
    }

    static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
