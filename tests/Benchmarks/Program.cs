using System.Globalization;
using Journeys.Benchmarks;
using Journeys.Benchmarks.Peers;

string? TextOption(string name)
{
    var at = Array.IndexOf(args, $"--{name}");
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
}

int Option(string name, int fallback) => TextOption(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : fallback;

const string Usage = """
    usage: dotnet run -c Release --project tests/Benchmarks -- <command> [--json FILE]

      timers [--count N]                         waits that fall due at one moment
      overdue [--count N]                        waits that fell due while the Scheduler was away
      scale [--replicas 1,2,4,8] [--count N]     waits that fall due at one moment, by replicas of the Scheduler
      parked [--count N]                         waits that are far away
      progress [--connections N] [--seconds N]   reports of finished content
      sdk [--connections N] [--seconds N]        the other calls of a page
      sweep [--count N]                          an audience that is let in
      analytics [--count N]                      what the dashboard asks
      simulate [--people N] [--days N]           a journey tried out on people
      peers [--count N]                          the same waits with other schedulers
      engine                                     one transition, with BenchmarkDotNet
    """;

var figures = new Figures();
switch (args.FirstOrDefault())
{
    case "timers":
        await TimersBenchmark.RunAsync(figures, Option("count", 200_000));
        break;
    case "overdue":
        await OverdueBenchmark.RunAsync(figures, Option("count", 200_000));
        break;
    case "scale":
        await ScaleBenchmark.RunAsync(
            figures, [.. (TextOption("replicas") ?? "1,2,4,8").Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture))], Option("count", 60_000));
        break;
    case "parked":
        await ParkedBenchmark.RunAsync(figures, Option("count", 1_000_000));
        break;
    case "progress":
        await ProgressBenchmark.RunAsync(figures, Option("connections", 16), TimeSpan.FromSeconds(Option("seconds", 20)));
        break;
    case "sdk":
        await SdkBenchmark.RunAsync(figures, Option("connections", 16), TimeSpan.FromSeconds(Option("seconds", 20)));
        break;
    case "sweep":
        await SweepBenchmark.RunAsync(figures, Option("count", 100_000));
        break;
    case "analytics":
        await AnalyticsBenchmark.RunAsync(figures, Option("count", 1_000_000));
        break;
    case "simulate":
        SimulateBenchmark.Run(figures, Option("people", 100_000), Option("days", 30));
        break;
    case "peers":
        await PeersBenchmark.RunAsync(figures, Option("count", 20_000));
        break;
    case "engine":
        BenchmarkDotNet.Running.BenchmarkRunner.Run<EngineBenchmark>();
        break;
    case "--help" or "-h":
        Console.WriteLine(Usage);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 1;
}

if (TextOption("json") is { } path)
    await figures.WriteAsync(path, args);
return 0;
