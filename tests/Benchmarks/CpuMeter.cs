using System.Globalization;

namespace Journeys.Benchmarks;

/// <summary>Processor time of the parts of a deployment, so that one sees what a request costs and where, however busy the machine is.</summary>
sealed class CpuMeter(IReadOnlyList<CpuMeter.Part> parts)
{
    readonly Dictionary<string, double> before = parts.ToDictionary(part => part.Name, Milliseconds);

    /// <summary>A process, or one with its children: PostgreSQL has one for each connection.</summary>
    public sealed record Part(string Name, int ProcessId, bool WithChildren = false);

    /// <summary>Milliseconds of processor time since this meter was made, part by part.</summary>
    public IEnumerable<(string Part, double Milliseconds)> Parts() => parts.Select(part => (part.Name, Milliseconds(part) - before[part.Name]));

    /// <summary>Milliseconds of processor time of all of them since this meter was made.</summary>
    public double Sum() => Parts().Sum(part => part.Milliseconds);

    // Linux counts in hundredths of a second.
    static double Milliseconds(Part part) => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? Stat(id) : null)
        .OfType<string[]>()
        .Where(stat => stat[0] == $"{part.ProcessId}" || (part.WithChildren && stat[3] == $"{part.ProcessId}"))
        .Sum(stat => 10.0 * (long.Parse(stat[13], CultureInfo.InvariantCulture) + long.Parse(stat[14], CultureInfo.InvariantCulture)));

    static string[]? Stat(int processId)
    {
        try
        {
            // The name in parentheses may hold spaces.
            var text = File.ReadAllText($"/proc/{processId}/stat");
            return [$"{processId}", "", .. text[(text.LastIndexOf(')') + 2)..].Split(' ')];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
