using System.Globalization;
using Journeys.Chaos.Deployments;
using Journeys.Chaos.Faults;
using Journeys.Chaos.Plans;
using Journeys.Chaos.Recovery;
using Journeys.Testing.Reports;

namespace Journeys.Chaos;

/// <summary>Lets people walk while a plan is carried out, and has the ledger decide afterwards.</summary>
public sealed class ChaosRun(ChaosOptions options, TextWriter output) : IAsyncDisposable
{
    readonly long began = TimeProvider.System.GetTimestamp();
    readonly RecoveryTimes recovery = new();
    readonly RunReport report = new(options.Command);
    Deployment deployment = null!;
    Probe probe = null!;

    /// <summary>Runs it. True if nothing was found.</summary>
    public async Task<bool> RunAsync()
    {
        var plan = FaultPlan.Create(options.Seed, options.Duration);
        await output.WriteLineAsync($"{options.Command}\nLogs and the record of the calls go to {options.Logs}\n\n{string.Join('\n', plan.Faults)}\n");
        Directory.CreateDirectory(options.Logs);
        deployment = await Deployment.StartAsync(options.Logs);
        probe = new Probe(deployment.Gateways, Deployment.PublishableKey, deployment.Database);
        await probe.PrepareAsync();
        Say($"{FaultPlan.Programs.Count * Deployment.Replicas} programs, PostgreSQL and RabbitMQ are ready");

        using var faults = new FaultMaker(deployment, probe, recovery, options.Seed, Say);
        var walk = new Walk(deployment, options.Seed, options.CallsPerSecond, opensMore: true, Say);
        await walk.RunAsync(() => faults.RunAsync(plan), () =>
        {
            walk.Scene.MayBeHalted = false;
            return faults.RunAloneAsync(plan);
        });
        var findings = await walk.DecideAsync(options.Logs, output, report);
        return await ConcludeAsync(walk, faults, findings);
    }

    public async ValueTask DisposeAsync()
    {
        probe?.Dispose();
        if (deployment is not null)
            await deployment.DisposeAsync();
    }

    async Task<bool> ConcludeAsync(Walk walk, FaultMaker faults, IReadOnlyList<string> findings)
    {
        string[] problems = [.. findings, .. faults.Ended.Select(replica => $"{replica} ended without being killed")];
        await output.WriteLineAsync();
        await output.WriteLineAsync($"{report.Add(recovery.ToTable())}");
        var kinds = report.Add(new Table("faults", "fault", "times"));
        foreach (var (kind, times) in faults.Done.OrderBy(kind => kind.Key))
            kinds.Add($"`{kind}`", times);
        await output.WriteLineAsync();
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"people {walk.Scene.People:N0}; faults {faults.Done.Values.Sum()}; calls: {walk.Counts}"));
        foreach (var problem in problems)
            await output.WriteLineAsync($"PROBLEM {problem}");
        await output.WriteLineAsync(problems.Length == 0
            ? "Nobody is lost, doubled, early or stuck."
            : $"FAILED. Logs and the record of the calls are in {options.Logs}. Again: {options.Command}");
        if (options.Report is { } file)
        {
            await report.WriteAsync(file, await deployment.VersionsAsync(), string.Create(
                CultureInfo.InvariantCulture,
                $"{walk.Scene.People:N0} people, {faults.Done.Values.Sum()} faults, {problems.Length} problems"));
        }

        return problems.Length == 0;
    }

    void Say(string what) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:HH:mm:ss} {TimeProvider.System.GetElapsedTime(began).TotalSeconds,6:0.0} s  {what}"));
}
