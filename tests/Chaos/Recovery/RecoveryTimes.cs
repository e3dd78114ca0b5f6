using System.Collections.Concurrent;
using Journeys.Testing.Reports;

namespace Journeys.Chaos.Recovery;

/// <summary>How long it took until the system worked again.</summary>
sealed class RecoveryTimes
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly ConcurrentDictionary<string, ConcurrentBag<double>> seconds = new();
    readonly Dictionary<string, double> aims = [];

    /// <summary>Asks until it works again, at most two minutes, and notes how long that took.</summary>
    /// <param name="what">What is measured.</param>
    /// <param name="aim">How long it should take at most.</param>
    /// <param name="hasRecovered">The question; a failure counts as no.</param>
    public async Task MeasureAsync(string what, TimeSpan aim, Func<Task<bool>> hasRecovered)
    {
        lock (aims)
            aims[what] = aim.TotalSeconds;
        using var timer = new PeriodicTimer(Interval);
        for (var began = TimeProvider.System.GetTimestamp(); ; await timer.WaitForNextTickAsync())
        {
            var isWell = await AskAsync(hasRecovered);
            var passed = TimeProvider.System.GetElapsedTime(began);
            if (isWell || passed > Patience)
            {
                seconds.GetOrAdd(what, _ => []).Add(isWell ? passed.TotalSeconds : double.PositiveInfinity);
                return;
            }
        }
    }

    /// <summary>Returns how often each was measured, its least, middle and most, and the aim.</summary>
    public Table ToTable()
    {
        var table = new Table("recovery", "recovery, seconds", "times", "least", "middle", "most", "aim");
        foreach (var (what, taken) in seconds.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var sorted = taken.Order().ToArray();
            table.Add(what, sorted.Length, Cell(sorted[0]), Cell(sorted[sorted.Length / 2]), Cell(sorted[^1]), (int)aims[what]);
        }

        return table;
    }

    static object Cell(double seconds) => double.IsInfinity(seconds) ? $"> {Patience.TotalSeconds:0}" : seconds;

    static async Task<bool> AskAsync(Func<Task<bool>> question)
    {
        try
        {
            return await question();
        }
#pragma warning disable CA1031 // What is being restarted fails in many ways.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }
}
