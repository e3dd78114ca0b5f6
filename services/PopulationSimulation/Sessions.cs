using Journeys.Engine;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>When people use the product: a number of sessions on each local day, at random times.</summary>
public sealed class Sessions
{
    /// <summary>Whether the request describes sessions.</summary>
    public bool IsGiven { get; }

    // Maximum number of sessions on a day, so that every session has its own number.
    const int MostADay = 1_000;
    const int HundredthsOfDay = 700;

    // After this many days without enough session time, content counts as never finished.
    const int MostDays = 4_000;

    static readonly ulong Begin = Luck.Stream("session");
    static readonly ulong Length = Luck.Stream("session/length");
    static readonly ulong Number = Luck.Stream("session/number");

    readonly int perWeek;
    readonly int from;
    readonly int window;
    readonly Spans length;

    /// <summary>Reads the sessions of the request.</summary>
    public Sessions(Proto.Behavior.Types.Sessions? given)
    {
        IsGiven = given is not null;
        perWeek = given is { PerWeekHundredths: > 0 } ? given.PerWeekHundredths : 350;
        from = Minutes(given?.From, 8 * 60);
        window = Minutes(given?.Until, 22 * 60) - from;
        length = Spans.Read(given?.Length, new Spans.Fixed(600_000));
    }

    /// <summary>Converts a local time such as `08:00` to minutes after midnight.</summary>
    public static int Minutes(string? time, int absent) =>
        string.IsNullOrEmpty(time) ? absent : (int)(TimeOnly.ParseExact(time, "HH:mm").Ticks / TimeSpan.TicksPerMinute);

    /// <summary>
    /// Returns when a person has viewed something for a time, given when it is offered; null when that is not before
    /// the end.
    /// </summary>
    public DateTimeOffset? After(Luck luck, Zone zone, DateTimeOffset offered, long milliseconds, DateTimeOffset end)
    {
        var today = DateOnly.FromDateTime((offered + zone.GetUtcOffset(offered)).UtcDateTime);
        var at = offered;
        // Starts with the previous day, whose last session may continue past midnight.
        for (var (day, last) = (today.DayNumber - 1, today.DayNumber + MostDays); day < last; day++)
        {
            foreach (var (begin, until) in Of(luck, zone, day))
            {
                at = begin > at ? begin : at;
                if (at >= end)
                    return null;
                var here = (long)(until - at).TotalMilliseconds;
                if (here <= 0)
                    continue;
                if (milliseconds <= here)
                    return at.AddMilliseconds(milliseconds);
                milliseconds -= here;
                at = until;
            }
        }

        return null;
    }

    // Returns the sessions of one local day, in order.
    (DateTimeOffset Begin, DateTimeOffset Until)[] Of(Luck luck, Zone zone, int day)
    {
        var count = perWeek / HundredthsOfDay;
        if (luck.Below(HundredthsOfDay, Number, day) < perWeek % HundredthsOfDay)
            count++;
        if (count == 0)
            return [];

        var midnight = DateOnly.FromDayNumber(day).ToDateTime(TimeOnly.MinValue);
        var sessions = new (DateTimeOffset Begin, DateTimeOffset Until)[count];
        for (var i = 0; i < count; i++)
        {
            var n = ((long)day * MostADay) + i;
            var begin = Calendar.Instant(midnight.AddMilliseconds((from * 60_000L) + luck.Below(window * 60_000L, Begin, n)), zone);
            sessions[i] = (begin, begin.AddMilliseconds(length.Of(luck.Draw(Length, n))));
        }

        Array.Sort(sessions);
        return sessions;
    }
}
