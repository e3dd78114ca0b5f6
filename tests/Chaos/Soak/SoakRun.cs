using System.Globalization;
using Journeys.Chaos.Deployments;
using Journeys.Testing.Reports;

namespace Journeys.Chaos.Soak;

/// <summary>Lets people walk for long while nothing fails, and looks whether anything grows, or is late more and more.</summary>
public sealed class SoakRun(SoakOptions options, TextWriter output) : IAsyncDisposable
{
    const int Seed = 1;

    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    static readonly TimeSpan SayEvery = TimeSpan.FromMinutes(1);

    readonly long began = TimeProvider.System.GetTimestamp();
    readonly RunReport report = new(options.Command);
    Deployment deployment = null!;

    /// <summary>Runs it. True if nothing grew, nothing came later and later, and the ledger found nothing.</summary>
    public async Task<bool> RunAsync()
    {
        await output.WriteLineAsync($"{options.Command}\nLogs and the record of the calls go to {options.Logs}\n");
        Directory.CreateDirectory(options.Logs);
        deployment = await Deployment.StartAsync(options.Logs);
        var (memory, leftovers) = (new Memory(deployment), new Leftovers(deployment.Database));
        var walk = new Walk(deployment, Seed, options.CallsPerSecond, opensMore: false, Say);
        DateTimeOffset started = default;
        IReadOnlyList<string> meanwhile = [];
        await walk.RunAsync(async () =>
        {
            started = DateTimeOffset.UtcNow;
            var looking = LookAsync(walk);
            await WatchAsync(walk, memory, leftovers);
            meanwhile = await looking;
        });
        var findings = await walk.DecideAsync(options.Logs, output, report);

        var lateness = new Lateness(deployment.Database, walk.Scene);
        var (byProcess, grown) = memory.Conclude(options.WarmUp);
        var (byTable, left) = await leftovers.ConcludeAsync(options.Duration);
        var (byTime, late) = await lateness.ConcludeAsync(started + options.WarmUp, started + options.Duration);
        foreach (var table in (Table[])[byProcess, byTable, byTime])
        {
            await output.WriteLineAsync();
            await output.WriteLineAsync($"{report.Add(table)}");
        }

        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"\npeople {walk.Scene.People:N0}; calls: {walk.Counts}"));
        string[] problems = [.. meanwhile, .. findings, .. left, .. options.IsLong ? grown.Concat(late) : []];
        if (options.Report is { } file)
        {
            await report.WriteAsync(file, await deployment.VersionsAsync(), string.Create(
                CultureInfo.InvariantCulture, $"{walk.Scene.People:N0} people, {problems.Length} problems{(options.IsLong ? "" : "; growth and lateness not judged")}"));
        }

        return Conclude(problems);
    }

    public async ValueTask DisposeAsync()
    {
        if (deployment is not null)
            await deployment.DisposeAsync();
    }

    // In the middle, when there is most of everything.
    async Task<IReadOnlyList<string>> LookAsync(Walk walk)
    {
        await Task.Delay(options.Duration / 2);
        return await walk.LookAsync();
    }

    async Task WatchAsync(Walk walk, Memory memory, Leftovers leftovers)
    {
        using var timer = new PeriodicTimer(Interval);
        var (since, saidAt) = (TimeProvider.System.GetTimestamp(), TimeSpan.Zero);
        while (TimeProvider.System.GetElapsedTime(since) is var passed && passed < options.Duration)
        {
            memory.Sample(passed);
            await leftovers.SampleAsync(passed);
            if (passed - saidAt >= SayEvery)
            {
                saidAt = passed;
                Say(string.Create(CultureInfo.InvariantCulture, $"{passed.TotalMinutes:0} of {options.Duration.TotalMinutes:0} minutes, {walk.Scene.People:N0} people"));
            }

            await timer.WaitForNextTickAsync();
        }
    }

    bool Conclude(string[] problems)
    {
        foreach (var problem in problems)
            output.WriteLine($"PROBLEM {problem}");
        output.WriteLine(problems.Length > 0 ? $"FAILED. Logs are in {options.Logs}. Again: {options.Command}"
            : options.IsLong ? $"No process grows by {Memory.MostGrowth:0} MB a minute, nothing comes later and later, and nobody is lost, doubled, early or stuck."
            : "Nobody is lost, doubled, early or stuck. Growth shows in runs of at least 15 minutes.");
        return problems.Length == 0;
    }

    void Say(string what) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:HH:mm:ss} {TimeProvider.System.GetElapsedTime(began).TotalSeconds,6:0.0} s  {what}"));
}
