using System.Collections.Concurrent;
using System.Globalization;

namespace Journeys.Chaos.Recovery;

/// <summary>How long it took until the system worked again.</summary>
sealed class RecoveryTimes
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly ConcurrentDictionary<string, ConcurrentBag<double>> seconds = new();
    readonly Dictionary<string, double> aims = [];

    /// <summary>Asks until it works again, and notes how long that took.</summary>
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
                seconds.GetOrAdd(what, _ => []).Add(passed.TotalSeconds);
                return;
            }
        }
    }

    /// <summary>Prints a table: how often, least, middle, most, and the aim.</summary>
    public void Print(TextWriter output)
    {
        output.WriteLine($"{"recovery",-78} {"times",5} {"least",8} {"middle",8} {"most",8} {"aim",8}");
        foreach (var (what, taken) in seconds.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var sorted = taken.Order().ToArray();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{what,-78} {sorted.Length,5} {sorted[0],6:0.00} s {sorted[sorted.Length / 2],6:0.00} s {sorted[^1],6:0.00} s {$"<= {aims[what]:0} s",8}"));
        }
    }

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
