namespace Journeys.Chaos.Soak;

/// <summary>What is run.</summary>
/// <param name="Duration">How long people walk.</param>
/// <param name="CallsPerSecond">How many calls people make a second, all together.</param>
/// <param name="Logs">The folder that keeps the logs, the samples and the record of the calls.</param>
/// <param name="Report">The file for what the run showed; null for none.</param>
public sealed record SoakOptions(TimeSpan Duration, int CallsPerSecond, string Logs, string? Report = null)
{
    public const string Usage = "usage: ./tests/run --soak MINUTES [--rate CALLS_PER_SECOND] [--logs FOLDER] [--report FILE]";

    static readonly TimeSpan LongestWarmUp = TimeSpan.FromMinutes(15);
    static readonly TimeSpan LeastToJudge = TimeSpan.FromMinutes(10);

    /// <summary>The command that does the same again.</summary>
    public string Command => FormattableString.Invariant($"./tests/run --soak {Duration.TotalMinutes:0.##} --rate {CallsPerSecond}");

    /// <summary>How long caches fill and code is compiled: a third of the run, at most 15 minutes.</summary>
    public TimeSpan WarmUp => Duration / 3 < LongestWarmUp ? Duration / 3 : LongestWarmUp;

    /// <summary>Whether it lasts long enough for growth to show; a shorter one only prints it.</summary>
    public bool IsLong => Duration - WarmUp >= LeastToJudge;

    /// <summary>Reads the arguments of the program.</summary>
    /// <exception cref="FormatException">They are not as <see cref="Usage"/> says.</exception>
    public static SoakOptions Read(IReadOnlyList<string> args)
    {
        var given = new Arguments(args, "--soak", "--rate", "--logs", "--report");
        return new SoakOptions(
            TimeSpan.FromMinutes(given.Number("--soak", null, 0.1, 1_440)), given.Whole("--rate", 80, 1, 5_000),
            given.Text("--logs") ?? Path.Combine(Path.GetTempPath(), "journeys-soak"), given.Text("--report"));
    }
}
