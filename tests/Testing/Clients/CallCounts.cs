using System.Collections.Concurrent;
using System.Globalization;

namespace Journeys.Testing.Clients;

/// <summary>Counts the answers to clients, and records answers that must not occur.</summary>
/// <param name="expected">The reasons with which calls may be refused.</param>
public sealed class CallCounts(params IReadOnlyCollection<string> expected)
{
    const int MostProblems = 50;

    readonly ConcurrentDictionary<string, int> counts = new();
    readonly ConcurrentQueue<string> problems = new();
    int later;
    int unanswered;

    /// <summary>Answers that fail the run, such as a 500; the first 50.</summary>
    public IReadOnlyCollection<string> Problems => problems;

    /// <summary>The number of answers that asked for a retry.</summary>
    public int Later => later;

    /// <summary>The number of tries without an answer.</summary>
    public int Unanswered => unanswered;

    /// <summary>Counts the result of one try.</summary>
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

    /// <summary>Records something that must not occur.</summary>
    public void Problem(string what)
    {
        Count("PROBLEM");
        if (problems.Count < MostProblems)
            problems.Enqueue($"{DateTimeOffset.UtcNow.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)} {what}");
    }

    /// <summary>The number of each kind of answer.</summary>
    public IEnumerable<(string Answer, int Times)> ByAnswer =>
        counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => (count.Key, count.Value));

    /// <summary>Returns the number of each kind of answer.</summary>
    public override string ToString() =>
        string.Join(", ", ByAnswer.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Answer} {count.Times:N0}")));

    void Count(string what) => counts.AddOrUpdate(what, 1, (_, count) => count + 1);
}
