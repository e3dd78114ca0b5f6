using System.Collections.Concurrent;
using System.Globalization;

namespace Journeys.Testing.Clients;

/// <summary>Counts what clients were answered, and keeps what no client may be answered.</summary>
/// <param name="expected">Reasons for which calls may be refused.</param>
public sealed class CallCounts(params IReadOnlyCollection<string> expected)
{
    const int MostProblems = 50;

    readonly ConcurrentDictionary<string, int> counts = new();
    readonly ConcurrentQueue<string> problems = new();
    int later;
    int unanswered;

    /// <summary>Answers that are a failure of the run, such as a 500; the first 50.</summary>
    public IReadOnlyCollection<string> Problems => problems;

    /// <summary>How many answers said "later".</summary>
    public int Later => later;

    /// <summary>How many tries had no answer.</summary>
    public int Unanswered => unanswered;

    /// <summary>Counts what came of one try.</summary>
    /// <param name="call">The method and the path.</param>
    /// <param name="answer">The answer.</param>
    public void Count(string call, Answer answer)
    {
        switch (answer)
        {
            case { Status: 0 }:
                Interlocked.Increment(ref unanswered);
                Count("no answer");
                break;
            case { IsOk: true }:
                Count("ok");
                break;
            case { IsLater: true }:
                Interlocked.Increment(ref later);
                Count($"{answer.Status}");
                break;
            case { IsRefused: true }:
                Count($"refused {answer.Reason}");
                if (!expected.Contains(answer.Reason))
                    Problem($"{call} was refused with {answer}");
                break;
            default:
                Problem($"{call} answered {answer}");
                break;
        }
    }

    /// <summary>Keeps what must not have happened.</summary>
    public void Problem(string what)
    {
        Count("PROBLEM");
        if (problems.Count < MostProblems)
            problems.Enqueue($"{DateTimeOffset.UtcNow.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)} {what}");
    }

    /// <summary>How many of each kind.</summary>
    public override string ToString() =>
        string.Join(", ", counts
            .OrderBy(count => count.Key, StringComparer.Ordinal)
            .Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Key} {count.Value:N0}")));

    void Count(string what) => counts.AddOrUpdate(what, 1, (_, count) => count + 1);
}
