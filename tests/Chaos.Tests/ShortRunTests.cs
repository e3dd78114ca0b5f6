using Journeys.Testing;

namespace Journeys.Chaos.Tests;

/// <summary>A run as `./tests/run --chaos` does it, short and with few people.</summary>
public sealed class ShortRunTests
{
    public const int Seed = 12;

    public static readonly TimeSpan Duration = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Nobody_is_lost_doubled_early_or_stuck_whatever_fails_meanwhile()
    {
        var output = new StringWriter();
        var report = Path.Combine(TestFolder.Create("chaos"), "report.json");
        var options = ChaosOptions.Read(["--seed", $"{Seed}", "--minutes", $"{Duration.TotalMinutes}", "--rate", "40", "--report", report]);
        await using var run = new ChaosRun(options, TextWriter.Synchronized(output));

        Assert.True(await run.RunAsync(), output.ToString());
        await Reported.TablesAsync(report, "ledger", "calls", "recovery", "faults");
    }
}
