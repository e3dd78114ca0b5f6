using Journeys.EmbeddedPostgres;
using Journeys.Testing;

namespace Journeys.Benchmarks.Peers;

/// <summary>Many waits end at one moment, and each does one durable step with its row of history: here, by schedulers that people use instead, and by SQL alone.</summary>
/// <remarks>
/// All on the same machine with the same settings of PostgreSQL, each alone on a database of its own, three rounds in changing order. The others are set up as their own
/// documentation recommends for throughput. Their step is less than ours: one update and one insert, nobody reads rules, counts or facts for others.
/// </remarks>
static class PeersBenchmark
{
    const int Rounds = 3;

    static readonly (string Name, Func<Figures, int, Task<Result>> Run)[] Contestants =
    [
        ("Journeys", OursAsync),
        ("Hangfire (PostgreSQL)", (_, count) => OnPostgresAsync(count, HangfirePeer.RunAsync)),
        ("Quartz.NET (PostgreSQL, clustered)", (_, count) => OnPostgresAsync(count, QuartzPeer.RunAsync)),
        ("SQL alone, 500 at a time", (_, count) => OnPostgresAsync(count, SqlPeer.RunAsync)),
    ];

    /// <summary>What one did: how fast, and how late the last percent was.</summary>
    public sealed record Result(double StepsPerSecond, double LatenessP99);

    public static async Task RunAsync(Figures figures, int count)
    {
        var results = Contestants.ToDictionary(contestant => contestant.Name, _ => new List<Result>());
        for (var round = 0; round < Rounds; round++)
        {
            for (var turn = 0; turn < Contestants.Length; turn++)
            {
                var (name, run) = Contestants[(round + turn) % Contestants.Length];
                var result = await run(figures, count);
                results[name].Add(result);
                Console.WriteLine(FormattableString.Invariant($"round {round + 1}: {name}: {result.StepsPerSecond:0} steps/s"));
            }
        }

        foreach (var (name, _) in Contestants)
        {
            figures.Add($"{name}, {count} waits, median of {Rounds}", Median(results[name], result => result.StepsPerSecond), "steps/s");
            figures.Add($"{name}, lateness p99", Median(results[name], result => result.LatenessP99), "s");
        }
    }

    static double Median(List<Result> results, Func<Result, double> figure) => results.Select(figure).Order().ElementAt(results.Count / 2);

    static async Task<Result> OursAsync(Figures figures, int count)
    {
        await using var deployment = await MeasuredDeployment.StartAsync(figures);
        var due = TimersBenchmark.DueFor(count);
        await TimersBenchmark.EnrollAsync(deployment, due, count);
        var steps = await TimersBenchmark.MoveAllAsync(deployment, due);
        return new(count / steps.Seconds, steps.LatenessP99);
    }

    static async Task<Result> OnPostgresAsync(int count, Func<Waits, Task> run)
    {
        var folder = TestFolder.Create("peer");
        await using var postgres = await PostgresServer.StartAsync(folder, MeasuredDeployment.PostgresOptions);
        await using var waits = await Waits.CreateAsync(postgres.ConnectionString, count);
        await run(waits);
        return await waits.ResultAsync();
    }
}
