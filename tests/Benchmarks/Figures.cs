using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Journeys.Benchmarks;

/// <summary>What is measured: printed as it comes, and kept for a file.</summary>
sealed class Figures
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    readonly List<(string What, double Value, string Unit)> all = [];

    public void Add(string what, double value, string unit)
    {
        all.Add((what, value, unit));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-64} {Rounded(value)} {unit}"));
    }

    /// <summary>Adds what each part took of the processor for each of so many things.</summary>
    public void Add(string what, CpuMeter cpu, int things)
    {
        foreach (var (part, milliseconds) in cpu.Parts())
            Add($"{what}, {part}", milliseconds / things, "ms");
        Add($"{what}, together", cpu.Sum() / things, "ms");
    }

    /// <summary>Adds how many calls there were a second, and what they took.</summary>
    /// <param name="what">What was called.</param>
    /// <param name="took">Milliseconds, the quickest first.</param>
    /// <param name="duration">How long calls were made.</param>
    public void Add(string what, double[] took, TimeSpan duration)
    {
        Add(what, took.Length / duration.TotalSeconds, "/s");
        Add($"{what}, p50", took[took.Length / 2], "ms");
        Add($"{what}, p99", took[took.Length * 99 / 100], "ms");
    }

    /// <summary>Writes all of it as JSON.</summary>
    public Task WriteAsync(string path, IEnumerable<string> command)
    {
        var document = new JsonObject
        {
            ["command"] = string.Join(' ', command),
            ["time"] = DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture),
            ["processors"] = Environment.ProcessorCount,
            ["figures"] = new JsonArray([.. all.Select(figure => new JsonObject { ["what"] = figure.What, ["value"] = figure.Value, ["unit"] = figure.Unit })]),
        };
        return File.WriteAllTextAsync(path, document.ToJsonString(Indented));
    }

    // Three digits say enough of what is small, and whole numbers of what is large.
    static string Rounded(double value) => value.ToString(Math.Abs(value) switch { >= 100 => "#,0", >= 1 => "0.0", _ => "0.000" }, CultureInfo.InvariantCulture).PadLeft(10);
}
