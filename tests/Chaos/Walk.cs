using Journeys.Chaos.Deployments;
using Journeys.Chaos.People;
using Journeys.Chaos.Plans;
using Journeys.Ledgers;
using Journeys.Ledgers.Clients;
using Journeys.Testing.Clients;
using Journeys.Testing.Reports;

namespace Journeys.Chaos;

/// <summary>People who walk in a deployment while something is done to it, and what there is to find afterwards.</summary>
/// <param name="opensMore">Whether their author opens one journey after the other, and halts the site.</param>
sealed class Walk(Deployment deployment, int seed, int callsPerSecond, bool opensMore, Action<string> say)
{
    // Somebody else paused, archived or edited it meanwhile, halted the site, or restored it so recently that this is not in force yet.
    static readonly string[] ExpectedRefusals =
    [
        "JOURNEY_PAUSED", "SITE_HALTED", "JOURNEY_ARCHIVED", "JOURNEY_NOT_PUBLISHED", "STALE_REVISION",
    ];

    readonly CallLog calls = new();

    public CallCounts Counts { get; } = new(ExpectedRefusals);

    public Scene Scene { get; } = new();

    /// <summary>Lets them walk while the phases run one after the other.</summary>
    public async Task RunAsync(params Func<Task>[] phases)
    {
        using var pace = new Pace(callsPerSecond);
        using var page = new CarefulClient(deployment.Gateways, Deployment.SecretKey, Deployment.PublishableKey, Counts, pace);
        using var backend = new CarefulClient(deployment.Gateways, Deployment.SecretKey, Deployment.PublishableKey, Counts);
        using var stop = new CancellationTokenSource();
        var author = new Author(backend, new Group(backend, calls, Scene), Scene, new Random(seed));
        await author.PrepareAsync();
        var walking = Task.WhenAll(new Crowd(page, backend, calls, Scene, seed).RunAsync(callsPerSecond, stop.Token), author.RunAsync(opensMore, stop.Token));
        foreach (var phase in phases)
            await phase();
        await stop.CancelAsync();
        await walking;
    }

    /// <summary>Has the ledger look while people walk. Returns what is wrong.</summary>
    public async Task<IReadOnlyList<string>> LookAsync()
    {
        var report = await Ledger().CheckAsync(calls: null, CancellationToken.None);
        return
        [
            .. report.Findings.Select(finding => $"the ledger found, while people walked: {finding}"),
            .. report.Checks.Where(check => check.Check == "timers" && check.Rows == 0).Select(_ => "the ledger saw no timer while people walked"),
        ];
    }

    /// <summary>Waits until nothing is under way, and has the ledger decide. Returns what is wrong.</summary>
    public async Task<IReadOnlyList<string>> DecideAsync(string logs, TextWriter output, RunReport results)
    {
        say("no more calls; waiting until nothing is under way");
        var hasSettled = await new Settling(deployment.Database, say).WaitAsync();
        say(hasSettled ? "nothing is under way" : "something is still under way");
        await calls.SaveAsync(Path.Combine(logs, "history.jsonl"));
        var report = await Ledger().CheckAsync(calls.Calls, CancellationToken.None);
        ReportWriter.WriteText(report, output);
        var checks = results.Add(new Table("ledger", "check", "rows", "findings"));
        foreach (var check in report.Checks)
            checks.Add(check.Check, check.Rows, check.Count);
        var answers = results.Add(new Table("calls", "answer", "times"));
        foreach (var (answer, times) in Counts.ByAnswer)
            answers.Add(answer, times);
        return
        [
            .. Counts.Problems,
            .. FaultPlan.Programs.SelectMany(program => Enumerable.Range(0, Deployment.Replicas).Select(number => $"{program}#{number}"))
                .Where(replica => deployment[replica].HasExited).Select(replica => $"{replica} is not running at the end"),
            .. hasSettled ? Array.Empty<string>() : ["something was still under way after five minutes"],
            .. report.IsHealthy ? Array.Empty<string>() : ["the ledger found something, see above"],
        ];
    }

    Ledger Ledger()
    {
        var database = deployment.Postgres.ConnectionString;
        return new Ledger(new LedgerOptions { Definition = database, Enrollment = database, Scheduler = database }, say);
    }
}
