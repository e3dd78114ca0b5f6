using System.Globalization;
using Journeys.Chaos.Deployments;
using Journeys.Chaos.Faults;
using Journeys.Chaos.Plans;
using Journeys.Chaos.Recovery;

namespace Journeys.Chaos;

/// <summary>Lets people walk while a plan is carried out, and has the ledger decide afterwards.</summary>
public sealed class ChaosRun(ChaosOptions options, TextWriter output) : IAsyncDisposable
{
    readonly long began = TimeProvider.System.GetTimestamp();
    readonly RecoveryTimes recovery = new();
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

        var faults = new FaultMaker(deployment, probe, recovery, options.Seed, Say);
        var walk = new Walk(deployment, options.Seed, options.CallsPerSecond, opensMore: true, Say);
        await walk.RunAsync(() => faults.RunAsync(plan), () => faults.RunAloneAsync(plan));
        var findings = await walk.DecideAsync(options.Logs, output);
        return Conclude(walk, faults, findings);
    }

    public async ValueTask DisposeAsync()
    {
        probe?.Dispose();
        if (deployment is not null)
            await deployment.DisposeAsync();
    }

    bool Conclude(Walk walk, FaultMaker faults, IReadOnlyList<string> findings)
    {
        string[] problems = [.. findings, .. faults.Ended.Select(replica => $"{replica} ended without being killed")];
        output.WriteLine();
        recovery.Print(output);
        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"people {walk.Scene.People:N0}; faults {faults.Done}; calls: {walk.Counts}"));
        foreach (var problem in problems)
            output.WriteLine($"PROBLEM {problem}");
        output.WriteLine(problems.Length == 0
            ? "Nobody is lost, doubled, early or stuck."
            : $"FAILED. Logs and the record of the calls are in {options.Logs}. Again: {options.Command}");
        return problems.Length == 0;
    }

    void Say(string what) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:HH:mm:ss} {TimeProvider.System.GetElapsedTime(began).TotalSeconds,6:0.0} s  {what}"));
}
