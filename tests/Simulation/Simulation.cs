using Dapper;
using Journeys.Ledgers;

namespace Journeys.Simulations;

/// <summary>A seed in which something was wrong.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Problems">What was wrong.</param>
/// <param name="Trace">What happened.</param>
sealed record Failure(int Seed, IReadOnlyList<string> Problems, IReadOnlyList<string> Trace);

/// <summary>Runs seeds, and has the ledger decide over some of them at a time.</summary>
sealed class Simulation(World world, Defect defect)
{
    /// <summary>Seeds that share the tables: 1 to 40, 41 to 80 and so on.</summary>
    public const int Together = 40;

    // The same hour of the same weekday for every seed.
    static readonly TimeSpan Between = TimeSpan.FromDays(7);
    static readonly DateTimeOffset First = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Plants the defect and runs seeds until one finds it. Returns that one; null when none does.</summary>
    public async Task<Failure?> FindAsync(IEnumerable<int> seeds)
    {
        if (defect.Plant.Length > 0)
            await world.Driver.ExecuteAsync(defect.Plant);
        Failure? found = null;
        foreach (var some in seeds.Chunk(Together).TakeWhile(_ => found is null))
            found = await RunAsync(some) is [var first, ..] ? first : null;
        if (defect.Remove.Length > 0)
            await world.Driver.ExecuteAsync(defect.Remove);
        return found;
    }

    /// <summary>Runs these seeds. Returns those in which something was wrong.</summary>
    public async Task<IReadOnlyList<Failure>> RunAsync(IEnumerable<int> seeds, Action<Run>? ended = null)
    {
        var failures = new List<Failure>();
        foreach (var some in seeds.Chunk(Together))
        {
            var runs = new List<Run>();
            foreach (var seed in some)
            {
                await BeginAsync();
                var run = new Run(world, seed, defect);
                try
                {
                    await run.RunAsync();
                    runs.Add(run);
                }
                catch (NotQuiet problem)
                {
                    failures.Add(new(seed, [problem.Message], run.Trace));
                    await world.EmptyAsync();
                    runs.Clear();
                }

                ended?.Invoke(run);
            }

            failures.AddRange(await JudgeAsync(runs));
            await world.EmptyAsync();
        }

        return failures;
    }

    async Task BeginAsync()
    {
        world.ResetReplicas();
        var weeks = Math.Ceiling((world.Time.Now - First) / Between);
        await world.MoveAsync(First + (weeks * Between));
        // What is kept of jobs for a day would be looked through by the next seed, and use up its faults.
        await world.Driver.ExecuteAsync("""
            delete from enrollment.job_chunk;
            delete from enrollment.rule_enrollment;
            update enrollment.stop set forgotten_at = created_at where forgotten_at is null
            """);
    }

    async Task<IReadOnlyList<Failure>> JudgeAsync(IReadOnlyList<Run> runs)
    {
        var options = new LedgerOptions
        {
            Definition = world.ConnectionString,
            Enrollment = world.ConnectionString,
            Scheduler = world.ConnectionString,
            Settle = TimeSpan.Zero,
        };
        var report = await new Ledger(options).CheckAsync([.. runs.SelectMany(run => run.Record)], CancellationToken.None);
        var bySite = report.Findings.ToLookup(finding => finding.SiteId, Describe);
        return
        [
            .. runs
                .Select(run => new Failure(run.Seed, [.. run.Problems, .. bySite[run.SiteId]], run.Trace))
                .Where(failure => failure.Problems.Count > 0),
        ];
    }

    static string Describe(Finding finding) => $"{finding.Kind} {finding.Check}: {finding.Ids}. {finding.What}";
}
