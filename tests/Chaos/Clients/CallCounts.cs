using System.Collections.Concurrent;
using System.Globalization;

namespace Journeys.Chaos.Clients;

/// <summary>Counts what clients were answered, and keeps what no client may be answered.</summary>
sealed class CallCounts
{
    const int MostProblems = 50;

    readonly ConcurrentDictionary<string, int> counts = new();
    readonly ConcurrentQueue<string> problems = new();

    /// <summary>Answers that are a failure of the run, such as a 500; the first 50.</summary>
    public IReadOnlyCollection<string> Problems => problems;

    public void Count(string what) => counts.AddOrUpdate(what, 1, (_, count) => count + 1);

    public void Problem(string what)
    {
        Count("PROBLEM");
        if (problems.Count < MostProblems)
            problems.Enqueue($"{DateTimeOffset.UtcNow.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)} {what}");
    }

    public override string ToString() =>
        string.Join(", ", counts
            .OrderBy(count => count.Key, StringComparer.Ordinal)
            .Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Key} {count.Value:N0}")));
}
