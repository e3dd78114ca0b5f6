using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Journeys.Simulations;
using Journeys.Testing.Reports;

if (args is ["--help" or "-h", ..])
{
    Console.WriteLine(Options.Usage);
    return 0;
}

if (Options.Read(args) is not { } options)
{
    Console.Error.WriteLine(Options.Usage);
    return 2;
}

StayOnOneProcessor();
await using var world = await World.StartAsync();
var watch = Stopwatch.StartNew();
var report = new RunReport($"dotnet run -c Release --project tests/Simulation -- --from {options.From} --count {options.Count}");
return options.Defects ? await FindDefectsAsync() : await RunSeedsAsync();

// One step runs at a time, so every statement wakes PostgreSQL and then a thread of this process, and to wake somebody on
// another processor takes long. PostgreSQL inherits the choice. Processes that run other seeds choose another processor.
void StayOnOneProcessor()
{
    if (!OperatingSystem.IsLinux() && !OperatingSystem.IsWindows())
        return;
    using var process = Process.GetCurrentProcess();
    var allowed = (long)process.ProcessorAffinity;
    var mine = Enumerable.Range(0, 64).Select(number => 1L << number).Where(one => (allowed & one) != 0).ToList();
    process.ProcessorAffinity = (nint)mine[Math.Abs(options.From / Math.Max(options.Count, 1)) % mine.Count];
}

async Task<int> RunSeedsAsync()
{
    var failures = await new Simulation(world, Defect.None).RunAsync(options.Seeds, Tell);
    foreach (var failure in failures)
    {
        if (failure.Seed != options.Told)
            Console.WriteLine(string.Join('\n', failure.Trace));
        Console.WriteLine($"seed {failure.Seed} failed:");
        foreach (var problem in failure.Problems)
            Console.WriteLine($"  {problem}");
        Console.WriteLine($"Repeat it: dotnet run -c Release --project tests/Simulation -- --seed {failure.Seed}");
    }

    Console.WriteLine($"broke: {string.Join(", ", world.Failures.Counts.Select(kind => $"{kind.Key} {kind.Value}"))}");
    Console.WriteLine($"crash points: {string.Join(", ", world.Failures.Points.Select(one => $"{one.Point} {one.Times}"))}");
    Console.WriteLine($"crash points missed: {(world.Failures.Missed.Any() ? string.Join(", ", world.Failures.Missed) : "none")}");
    var processorTime = Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;
    var outcome = string.Create(
        CultureInfo.InvariantCulture,
        $"{options.Count} seeds, {failures.Count} failed, {watch.Elapsed.TotalSeconds:0.0} s, {processorTime:0.0} s of processor time");
    Console.WriteLine(outcome);
    if (options.Report is { } file)
        await ReportAsync(file, outcome);
    return failures.Count == 0 ? 0 : 1;
}

async Task ReportAsync(string file, string outcome)
{
    var kinds = report.Add(new Table("failures", "what broke", "times"));
    foreach (var (kind, times) in world.Failures.Counts)
        kinds.Add(kind, times);
    await report.WriteAsync(file, [await RunReport.VersionOfAsync(world.ConnectionString)], outcome);
}

// Each is planted, found by some seed, and taken away again.
async Task<int> FindDefectsAsync()
{
    var missed = 0;
    foreach (var defect in Defect.All)
    {
        var found = await new Simulation(world, defect).FindAsync(options.Seeds);
        Console.WriteLine(found is null
            ? $"{defect.Name} is found by none of {options.Count} seeds."
            : $"{defect.Name} is found by seed {found.Seed}: {found.Problems[0]}");
        missed += found is null ? 1 : 0;
    }

    return missed == 0 ? 0 : 1;
}

void Tell(Run run)
{
    if (run.Seed == options.Told)
        Console.WriteLine(string.Join('\n', run.Trace));
    if (options.Digests)
        Console.WriteLine($"seed {run.Seed} {Digest(run.Trace)}");
}

static string Digest(IReadOnlyList<string> lines) =>
    Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
