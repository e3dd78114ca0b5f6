using System.Globalization;
using System.Text.RegularExpressions;

namespace Journeys.Simulations;

/// <summary>What happened in one run, line by line. Two runs of a seed write the same.</summary>
sealed partial class Trace(SimulatedTime time)
{
    readonly DateTimeOffset start = time.Now;
    readonly Dictionary<string, int> ids = [];
    readonly List<string> lines = [];

    public IReadOnlyList<string> Lines => lines;

    /// <summary>Adds a line. Ids become numbers, in the order in which they first appear.</summary>
    public void Add(string what)
    {
        var since = (time.Now - start).TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
        lines.Add($"{lines.Count,4} {since,14} {Id().Replace(what, match => Number(match.Value))}");
    }

    string Number(string id)
    {
        if (!ids.TryGetValue(id, out var number))
            ids[id] = number = ids.Count + 1;
        return $"#{number}";
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Id();
}
