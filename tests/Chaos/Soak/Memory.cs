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
    readonly Dictionary<string, double> processorSeconds = [];

    public void Sample(TimeSpan at)
    {
        foreach (var replica in FaultPlan.Programs.SelectMany(program => Enumerable.Range(0, Deployment.Replicas).Select(number => $"{program}#{number}")))
        {
            using var process = Process.GetProcessById(deployment[replica].Id);
            if (!megabytes.TryGetValue(replica, out var samples))
                megabytes[replica] = samples = [];
            samples.Add((at, process.WorkingSet64 / 1e6));
            processorSeconds[replica] = process.TotalProcessorTime.TotalSeconds;
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
            var growth = Growth.PerMinute(samples);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{replica,-32} {samples[0].Value,8:0} {samples[^1].Value,8:0} {samples.Max(sample => sample.Value),8:0} {growth,10:0.00} {processorSeconds[replica] / all[^1].At.TotalSeconds * 1_000,16:0}"));
            if (growth >= MostGrowth)
                tooFast.Add(string.Create(CultureInfo.InvariantCulture, $"{replica} grew by {growth:0.00} MB a minute"));
        }

        return tooFast;
    }
}
