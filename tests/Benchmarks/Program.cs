using System.Globalization;
using Journeys.Benchmarks;
using Journeys.Benchmarks.Peers;
using Journeys.Testing;

const string Usage = """
    usage: dotnet run -c Release --project tests/Benchmarks -- <command> [--json FILE]

      timers [--count N]                         waits that fall due at one moment
      overdue [--count N]                        waits that fell due while the Scheduler was away
      scale [--replicas 1,2,4,8] [--count N]     waits that fall due at one moment, by replicas of the Scheduler
      parked [--count N]                         waits that are far away
      progress [--connections N] [--seconds N]   reports of finished content
      sdk [--connections N] [--seconds N]        the other calls of a page
      sweep [--count N]                          an audience that is let in
      growth [--people N]                        calls of a new site, and of one with years behind it
      analytics [--count N]                      what the dashboard asks
      simulate [--people N] [--days N]           a journey tried out on people
      peers [--count N]                          the same waits with other schedulers
      engine                                     one transition, with BenchmarkDotNet
      all                                        all but the last, for docs/performance.md; about an hour
    """;

// The files of docs/results that docs/performance.md shows, and what writes them.
(string File, string[] Arguments)[] published =
[
    ("timers", ["timers", "--count", "200000"]),
    ("overdue", ["overdue", "--count", "200000"]),
    ("scale", ["scale", "--replicas", "1,2,4,8"]),
    ("parked", ["parked", "--count", "1000000"]),
    ("progress-16", ["progress", "--connections", "16"]),
    ("progress-64", ["progress", "--connections", "64"]),
    ("sdk", ["sdk"]),
    ("sweep", ["sweep", "--count", "100000"]),
    ("growth", ["growth", "--people", "1000000"]),
    ("analytics", ["analytics", "--count", "1000000"]),
    ("simulate", ["simulate", "--people", "100000", "--days", "30"]),
    ("peers", ["peers", "--count", "20000"]),
];

switch (args.FirstOrDefault())
{
    case "--help" or "-h":
        Console.WriteLine(Usage);
        return 0;
    case "engine":
        BenchmarkDotNet.Running.BenchmarkRunner.Run<EngineBenchmark>();
        return 0;
    case "all":
        foreach (var (file, arguments) in published)
        {
            Console.WriteLine($"\n== {string.Join(' ', arguments)}");
            await (await MeasureAsync(arguments))!.WriteAsync(RepoRoot.Under($"docs/results/{file}.json"));
        }

        Console.WriteLine("\nnode tests/report.mjs copies them into docs/performance.md.");
        return 0;
    default:
        if (await MeasureAsync(args) is not { } figures)
        {
            Console.Error.WriteLine(Usage);
            return 1;
        }

        if (TextOption(args, "json") is { } path)
            await figures.WriteAsync(path);
        return 0;
}

// Null if there is no such command.
static async Task<Figures?> MeasureAsync(string[] arguments)
{
    int Option(string name, int fallback) => TextOption(arguments, name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : fallback;

    var jsonAt = Array.IndexOf(arguments, "--json");
    var figures = new Figures(string.Join(' ', arguments.Where((_, at) => jsonAt < 0 || (at != jsonAt && at != jsonAt + 1))));
    Task? measuring = arguments.FirstOrDefault() switch
    {
        "timers" => TimersBenchmark.RunAsync(figures, Option("count", 200_000)),
        "overdue" => OverdueBenchmark.RunAsync(figures, Option("count", 200_000)),
        "scale" => ScaleBenchmark.RunAsync(figures, [.. (TextOption(arguments, "replicas") ?? "1,2,4,8").Split(',').Select(int.Parse)], Option("count", 60_000)),
        "parked" => ParkedBenchmark.RunAsync(figures, Option("count", 1_000_000)),
        "progress" => ProgressBenchmark.RunAsync(figures, Option("connections", 16), TimeSpan.FromSeconds(Option("seconds", 20))),
        "sdk" => SdkBenchmark.RunAsync(figures, Option("connections", 16), TimeSpan.FromSeconds(Option("seconds", 20))),
        "sweep" => SweepBenchmark.RunAsync(figures, Option("count", 100_000)),
        "growth" => GrowthBenchmark.RunAsync(figures, Option("people", 1_000_000)),
        "analytics" => AnalyticsBenchmark.RunAsync(figures, Option("count", 1_000_000)),
        "simulate" => Task.Run(() => SimulateBenchmark.Run(figures, Option("people", 100_000), Option("days", 30))),
        "peers" => PeersBenchmark.RunAsync(figures, Option("count", 20_000)),
        _ => null,
    };
    if (measuring is null)
        return null;
    await measuring;
    return figures;
}

static string? TextOption(string[] arguments, string name)
{
    var at = Array.IndexOf(arguments, $"--{name}");
    return at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : null;
}
