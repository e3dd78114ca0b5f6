using System.Diagnostics;
using System.Globalization;
using Journeys.Chaos.Deployments;
using Journeys.Chaos.Plans;

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

    /// <summary>Prints a table, and returns who grew too fast.</summary>
    public IReadOnlyList<string> Conclude(TimeSpan warmUp, TextWriter output)
    {
        output.WriteLine($"{"memory after the warm-up, MB",-32} {"first",8} {"last",8} {"most",8} {"a minute",10} {"processor, ms/s",16}");
        List<string> tooFast = [];
        foreach (var (replica, all) in megabytes)
        {
            var samples = all.Where(sample => sample.At >= warmUp).ToList();
            if (samples.Count == 0)
                continue;

            var growth = Growth.PerMinute(samples);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{replica,-32} {samples[0].Value,8:0} {samples[^1].Value,8:0} {samples.Max(sample => sample.Value),8:0} {growth,10:0.00} {Growth.PerMinute(processorSeconds[replica]) / 60 * 1_000,16:0}"));
            if (growth >= MostGrowth)
                tooFast.Add(string.Create(CultureInfo.InvariantCulture, $"{replica} grew by {growth:0.00} MB a minute"));
        }

        return tooFast;
    }

    static void Add(Dictionary<string, List<(TimeSpan At, double Value)>> samples, string replica, TimeSpan at, double value)
    {
        if (!samples.TryGetValue(replica, out var known))
            samples[replica] = known = [];
        known.Add((at, value));
    }
}
