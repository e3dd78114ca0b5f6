using System.Globalization;
using Journeys.Chaos.Clients;
using Journeys.Chaos.Deployments;
using Journeys.Chaos.Faults;
using Journeys.Chaos.People;
using Journeys.Chaos.Plans;
using Journeys.Chaos.Recovery;
using Journeys.Ledgers;

namespace Journeys.Chaos;

/// <summary>Lets people walk while a plan is carried out, and has the ledger decide afterwards.</summary>
public sealed class ChaosRun(ChaosOptions options, TextWriter output) : IAsyncDisposable
{
    readonly long began = TimeProvider.System.GetTimestamp();
    readonly CallCounts counts = new();
    readonly Record record = new();
    readonly RecoveryTimes recovery = new();
    readonly Town town = new();
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
        await WalkAsync(() => faults.RunAsync(plan), () => faults.RunAloneAsync(plan));
        Say("no more faults and no more calls; waiting until nothing is under way");
        var hasSettled = await new Settling(deployment.Database, Say).WaitAsync();
        Say(hasSettled ? "nothing is under way" : "something is still under way");
        await record.SaveAsync(Path.Combine(options.Logs, "history.jsonl"));
        var report = await DecideAsync();
        ReportWriter.WriteText(report, output);
        return Conclude(faults, report, hasSettled);
    }

    public async ValueTask DisposeAsync()
    {
        probe?.Dispose();
        if (deployment is not null)
            await deployment.DisposeAsync();
    }

    async Task WalkAsync(params Func<Task>[] phases)
    {
        using var pace = new Pace(options.CallsPerSecond);
        using var page = new Client(deployment.Gateways, Deployment.PublishableKey, counts, pace);
        using var backend = new Client(deployment.Gateways, Deployment.SecretKey, counts);
        using var stop = new CancellationTokenSource();
        var author = new Author(backend, new Group(backend, record, town), town, new Random(options.Seed));
        await author.PrepareAsync();
        var walking = Task.WhenAll(new Crowd(page, backend, record, town, options.Seed).RunAsync(options.CallsPerSecond, stop.Token), author.RunAsync(stop.Token));
        foreach (var phase in phases)
            await phase();
        await stop.CancelAsync();
        await walking;
    }

    Task<Report> DecideAsync()
    {
        var database = deployment.Postgres.ConnectionString;
        var ledger = new Ledger(new LedgerOptions { Definition = database, Enrollment = database, Scheduler = database }, Say);
        return ledger.CheckAsync(record.Calls, CancellationToken.None);
    }

    bool Conclude(FaultMaker faults, Report report, bool hasSettled)
    {
        string[] problems =
        [
            .. counts.Problems, .. faults.Ended.Select(replica => $"{replica} ended without being killed"),
            .. FaultPlan.Programs.SelectMany(program => Enumerable.Range(0, Deployment.Replicas).Select(number => $"{program}#{number}"))
                .Where(replica => deployment[replica].HasExited).Select(replica => $"{replica} is not running at the end"),
            .. hasSettled ? Array.Empty<string>() : ["something was still under way after five minutes"],
        ];
        output.WriteLine();
        recovery.Print(output);
        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"people {town.People:N0}; faults {faults.Done}; calls: {counts}"));
        foreach (var problem in problems)
            output.WriteLine($"PROBLEM {problem}");
        var isGood = report.IsHealthy && problems.Length == 0;
        output.WriteLine(isGood
            ? "Nobody is lost, doubled, early or stuck."
            : $"FAILED. Logs and the record of the calls are in {options.Logs}. Again: {options.Command}");
        return isGood;
    }

    void Say(string what) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:HH:mm:ss} {TimeProvider.System.GetElapsedTime(began).TotalSeconds,6:0.0} s  {what}"));
}
