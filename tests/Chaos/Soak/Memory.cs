using System.Diagnostics;
using System.Globalization;
using Journeys.Chaos.Deployments;
using Journeys.Chaos.Plans;
using Journeys.Testing.Reports;

namespace Journeys.Chaos.Soak;

/// <summary>The memory of each process, as the system counts it, and its processor time.</summary>
sealed class Memory(Deployment deployment)
{
    /// <summary>Megabytes a minute that no process may grow by.</summary>
    public const double MostGrowth = 1;

    readonly Dictionary<string, List<(TimeSpan At, double Value)>> megabytes = [];
    readonly Dictionary<string, List<(TimeSpan At, double Value)>> processorSeconds = [];

    public void Sample(TimeSpan at)
    {
        // Whoever has ended is told of in the end.
        foreach (var replica in FaultPlan.Programs
            .SelectMany(program => Enumerable.Range(0, Deployment.Replicas).Select(number => $"{program}#{number}"))
            .Where(replica => !deployment[replica].HasExited))
        {
            using var process = Process.GetProcessById(deployment[replica].Id);
            Add(megabytes, replica, at, process.WorkingSet64 / 1e6);
            Add(processorSeconds, replica, at, process.TotalProcessorTime.TotalSeconds);
        }
    }

    /// <summary>Returns a table, and who grew too fast.</summary>
    public (Table Table, IReadOnlyList<string> TooFast) Conclude(TimeSpan warmUp)
    {
        var table = new Table("memory", "MB after the warm-up", "first", "last", "most", "a minute", "processor, ms/s");
        List<string> tooFast = [];
        foreach (var (replica, all) in megabytes)
        {
            var samples = all.Where(sample => sample.At >= warmUp).ToList();
            if (samples.Count == 0)
                continue;

            var growth = Growth.PerMinute(samples);
            table.Add(
                replica, (int)samples[0].Value, (int)samples[^1].Value, (int)samples.Max(sample => sample.Value), growth,
                (int)(Growth.PerMinute(processorSeconds[replica]) / 60 * 1_000));
            if (growth >= MostGrowth)
                tooFast.Add(string.Create(CultureInfo.InvariantCulture, $"{replica} grew by {growth:0.00} MB a minute"));
        }

        return (table, tooFast);
    }

    static void Add(Dictionary<string, List<(TimeSpan At, double Value)>> samples, string replica, TimeSpan at, double value)
    {
        if (!samples.TryGetValue(replica, out var known))
            samples[replica] = known = [];
        known.Add((at, value));
    }
}
