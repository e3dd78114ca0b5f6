namespace Journeys.Chaos;

/// <summary>What is run.</summary>
/// <param name="Seed">Decides the plan of the faults and what people do.</param>
/// <param name="Duration">How long there are faults.</param>
/// <param name="CallsPerSecond">How many calls people make a second, all together.</param>
/// <param name="Logs">The folder that keeps the logs and the record of the calls.</param>
/// <param name="Report">The file for what the run showed; null for none.</param>
public sealed record ChaosOptions(int Seed, TimeSpan Duration, int CallsPerSecond, string Logs, string? Report = null)
{
    public const string Usage = "usage: ./tests/run --chaos SEED [--minutes N] [--rate CALLS_PER_SECOND] [--logs FOLDER] [--report FILE]";

    /// <summary>The command that does the same again.</summary>
    public string Command => FormattableString.Invariant($"./tests/run --chaos {Seed} --minutes {Duration.TotalMinutes:0.##} --rate {CallsPerSecond}");

    /// <summary>Reads the arguments of the program.</summary>
    /// <exception cref="FormatException">They are not as <see cref="Usage"/> says.</exception>
    public static ChaosOptions Read(IReadOnlyList<string> args)
    {
        var given = new Arguments(args, "--seed", "--minutes", "--rate", "--logs", "--report");
        var seed = given.Whole("--seed", null, 0, int.MaxValue - 10);
        return new ChaosOptions(
            seed, TimeSpan.FromMinutes(given.Number("--minutes", 2, 0.1, 600)), given.Whole("--rate", 80, 1, 5_000),
            given.Text("--logs") ?? Path.Combine(Path.GetTempPath(), $"journeys-chaos-{seed}"),
            given.Text("--report"));
    }
}
