using System.Globalization;

namespace Journeys.Chaos;

/// <summary>What is run.</summary>
/// <param name="Seed">Decides the plan of the faults and what people do.</param>
/// <param name="Duration">How long there are faults.</param>
/// <param name="CallsPerSecond">How many calls people make a second, all together.</param>
/// <param name="Logs">The folder that keeps the logs and the record of the calls.</param>
public sealed record ChaosOptions(int Seed, TimeSpan Duration, int CallsPerSecond, string Logs)
{
    public const string Usage = "usage: ./tests/run --chaos SEED [--minutes N] [--rate CALLS_PER_SECOND] [--logs FOLDER]";

    /// <summary>The command that does the same again.</summary>
    public string Command => FormattableString.Invariant($"./tests/run --chaos {Seed} --minutes {Duration.TotalMinutes:0.##} --rate {CallsPerSecond}");

    /// <summary>Reads the arguments of the program.</summary>
    /// <exception cref="FormatException">They are not as <see cref="Usage"/> says.</exception>
    public static ChaosOptions Read(IReadOnlyList<string> args)
    {
        var given = new Dictionary<string, string>();
        for (var at = 0; at < args.Count; at += 2)
            given[args[at]] = at + 1 < args.Count ? args[at + 1] : throw new FormatException($"{args[at]} needs a value.");
        if (given.Keys.Except(["--seed", "--minutes", "--rate", "--logs"]).FirstOrDefault() is { } unknown)
            throw new FormatException($"{unknown} is not a valid option.");

        var seed = (int)Number(given, "--seed", null, 0, int.MaxValue - 10);
        return new ChaosOptions(
            seed, TimeSpan.FromMinutes(Number(given, "--minutes", 2, 0.1, 600)), (int)Number(given, "--rate", 80, 1, 5_000),
            given.GetValueOrDefault("--logs") ?? Path.Combine(Path.GetTempPath(), $"journeys-chaos-{seed}"));
    }

    static double Number(Dictionary<string, string> given, string name, double? fallback, double least, double most) =>
        !given.TryGetValue(name, out var text) ? fallback ?? throw new FormatException($"{name} is missing.")
        : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw new FormatException($"{name} must be a number from {least} to {most}.");
}
