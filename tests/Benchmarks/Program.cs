using System.Globalization;
using Journeys.Benchmarks;

int Option(string name, int fallback)
{
    var at = Array.IndexOf(args, $"--{name}");
    return at >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : fallback;
}

const string Usage = "usage: dotnet run -c Release --project tests/Benchmarks -- timers [--count N] | overdue [--count N] | progress [--connections N] [--seconds N] | parked [--count N] | sweep [--count N] | analytics [--count N] | simulate [--people N] [--days N] | engine";
switch (args.FirstOrDefault())
{
    case "timers":
        await TimersBenchmark.RunAsync(Option("count", 200_000));
        return 0;
    case "overdue":
        await OverdueBenchmark.RunAsync(Option("count", 200_000));
        return 0;
    case "progress":
        await ProgressBenchmark.RunAsync(Option("connections", 16), TimeSpan.FromSeconds(Option("seconds", 20)));
        return 0;
    case "parked":
        await ParkedBenchmark.RunAsync(Option("count", 1_000_000));
        return 0;
    case "sweep":
        await SweepBenchmark.RunAsync(Option("count", 100_000));
        return 0;
    case "analytics":
        await AnalyticsBenchmark.RunAsync(Option("count", 1_000_000));
        return 0;
    case "simulate":
        SimulateBenchmark.Run(Option("people", 100_000), Option("days", 30));
        return 0;
    case "engine":
        BenchmarkDotNet.Running.BenchmarkRunner.Run<EngineBenchmark>();
        return 0;
    case "--help" or "-h":
        Console.WriteLine(Usage);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 1;
}
