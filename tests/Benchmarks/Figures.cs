using System.Globalization;
using Journeys.Testing.Reports;

namespace Journeys.Benchmarks;

/// <summary>What is measured: printed as it comes, and kept for a file.</summary>
/// <param name="arguments">The arguments of the command that measures it again.</param>
sealed class Figures(string arguments)
{
    readonly RunReport report = new($"dotnet run -c Release --project tests/Benchmarks -- {arguments}");
    readonly Table table = new("figures", "what", "measured", "aim");

    /// <summary>The servers that took part, each with its version.</summary>
    public IReadOnlyList<string> Servers { get; set; } = [];

    /// <summary>Adds a figure.</summary>
    /// <param name="aim">What it should be, such as `60 s`.</param>
    public void Add(string what, double value, string unit, string aim = "")
    {
        var measured = $"{Rounded(value)} {unit}".Trim();
        table.Add(what, measured, aim);
        Console.WriteLine($"{what,-64} {measured,16}   {aim}");
    }

    /// <summary>Adds what each part took of the processor for each of so many things.</summary>
    /// <param name="aims">What it should be, by part; `together` for all.</param>
    public void Add(string what, CpuMeter cpu, int things, params (string Part, string Aim)[] aims)
    {
        var parts = cpu.Parts().Append(("together", cpu.Sum())).ToList();
        foreach (var (part, milliseconds) in parts)
            Add($"{what}, {part}", milliseconds / things, "ms", aims.FirstOrDefault(aim => aim.Part == part).Aim ?? "");
    }

    /// <summary>Adds how many calls there were a second, and what they took.</summary>
    /// <param name="what">What was called.</param>
    /// <param name="took">Milliseconds, the quickest first.</param>
    /// <param name="duration">How long calls were made.</param>
    public void Add(string what, double[] took, TimeSpan duration, string rateAim = "", string p99Aim = "")
    {
        Add(what, took.Length / duration.TotalSeconds, "/s", rateAim);
        Add($"{what}, p50", took[took.Length / 2], "ms");
        Add($"{what}, p99", took[took.Length * 99 / 100], "ms", p99Aim);
    }

    /// <summary>Writes all of it as JSON, with the commit, the machine and the versions.</summary>
    public Task WriteAsync(string path)
    {
        report.Add(table);
        return report.WriteAsync(path, Servers, "");
    }

    // Three digits say enough of what is small, and whole numbers of what is large.
    static string Rounded(double value) => value.ToString(Math.Abs(value) switch { >= 100 => "#,0", >= 1 => "0.0", _ => "0.000" }, CultureInfo.InvariantCulture);
}
