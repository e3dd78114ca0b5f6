using Journeys.EmbeddedPostgres;
using Journeys.Testing;

namespace Journeys.Simulations.Tests;

/// <summary>Runs `tests/Simulation`: one thread, and a seed that decides what breaks when. docs/testing.md says what is real in it.</summary>
public sealed class SimulationTests
{
    // Of each of two processes, each with a PostgreSQL of its own.
    const int Seeds = 1_000;

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(14);

    static readonly string[] Kinds =
    [
        "answer lost", "broker down", "call lost back", "call lost there", "clock jump", "commit lost", "commit unknown", "crash", "frozen",
    ];

    [Fact]
    public async Task Every_promise_is_kept_whatever_breaks()
    {
        var outputs = await Task.WhenAll(
            RunAsync("--from", "1", "--count", $"{Seeds}"),
            RunAsync("--from", $"{1 + Seeds}", "--count", $"{Seeds}"));

        Assert.All(outputs, output => Assert.Contains($"{Seeds} seeds, 0 failed", output, StringComparison.Ordinal));
        Assert.All(outputs, output => Assert.Contains("crash points missed: none", output, StringComparison.Ordinal));
        Assert.All(Kinds, kind => Assert.All(outputs, output => Assert.Contains($"{kind} ", output, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_seed_does_the_same_again_also_behind_others()
    {
        var together = Digests(await RunAsync("--from", "81", "--count", "80", "--digests"));
        var fewer = Digests(await RunAsync("--from", "121", "--count", "40", "--digests"));

        Assert.Equal((80, 40), (together.Count, fewer.Count));
        Assert.Equal(together.Skip(40), fewer);
    }

    [Fact]
    public async Task Defects_that_are_planted_are_found()
    {
        var output = await RunAsync("--from", "1", "--count", "200", "--defects");

        Assert.Contains(" is found by seed ", output, StringComparison.Ordinal);
        Assert.DoesNotContain(" is found by none ", output, StringComparison.Ordinal);
    }

    static List<string> Digests(string output) => [.. output.Split('\n').Where(line => line.StartsWith("seed ", StringComparison.Ordinal))];

    // What it prints is what somebody needs who has to mend something.
    static async Task<string> RunAsync(params string[] arguments)
    {
        var program = RepoRoot.Under($"tests/Simulation/bin/{RepoRoot.Configuration}/net10.0/Journeys.Simulation.dll");
        await using var process = ChildProcess.Start("dotnet", [program, .. arguments]);
        await process.WaitForExitAsync(Patience);
        Assert.True(process.ExitCode == 0, process.Output);
        return process.Output;
    }
}
