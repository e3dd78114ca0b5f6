using System.Globalization;

namespace Journeys.Benchmarks;

/// <summary>Everybody's wait ends at one moment, with one or several replicas of the Scheduler: do they share the work or fight for it.</summary>
static class ScaleBenchmark
{
    static readonly HttpClient Http = new();

    public static async Task RunAsync(Figures figures, IReadOnlyCollection<int> replicas, int count)
    {
        foreach (var number in replicas)
            await RunAsync(figures, number, count);
    }

    static async Task RunAsync(Figures figures, int replicas, int count)
    {
        await using var deployment = await MeasuredDeployment.StartAsync(figures, replicas, withMetrics: true);
        var due = TimersBenchmark.DueFor(count);
        await TimersBenchmark.EnrollAsync(deployment, due, count);

        await TimersBenchmark.WaitUntilAsync(due);
        var cpu = new CpuMeter(deployment.Processes);
        var moved = await TimersBenchmark.MoveAllAsync(deployment, due);
        var spent = cpu.Parts().ToDictionary(part => part.Part, part => part.Milliseconds / count);
        var what = $"{replicas} {(replicas == 1 ? "replica" : "replicas")}";
        figures.Add($"{what}, moved and committed", count / moved.Seconds, "steps/s");
        figures.Add($"{what}, lateness p99", moved.LatenessP99, "s");
        foreach (var part in (string[])["PostgreSQL", "Enrollment"])
            figures.Add($"{what}, processor time a step, {part}", spent[part], "ms");
        figures.Add($"{what}, processor time a step, Scheduler", spent.Where(part => part.Key.StartsWith("Scheduler", StringComparison.Ordinal)).Sum(part => part.Value), "ms");
        foreach (var (metrics, replica) in deployment.SchedulerMetrics.Select((metrics, index) => (metrics, index + 1)))
            figures.Add($"{what}, sent by replica {replica}", await SentAsync(metrics), "timers");
    }

    // Every timer that a replica has sent counts once in the histogram of their lateness.
    static async Task<double> SentAsync(Uri metrics)
    {
        const string count = "journeys_timers_lateness_seconds_count";
        var lines = (await Http.GetStringAsync(new Uri(metrics, "/metrics"))).Split('\n');
        return lines.Where(line => line.StartsWith(count, StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
    }
}
