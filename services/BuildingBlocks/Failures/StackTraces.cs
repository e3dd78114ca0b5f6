using System.Diagnostics;

namespace Journeys.BuildingBlocks.Failures;

/// <summary>Says which faults are logged with their stack: while something is away every call fails alike, and one stack in ten seconds tells as much as thousands.</summary>
public sealed class StackTraces
{
    static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    long saidAt;

    /// <summary>Returns the fault when its stack is due, and null when one was logged a moment ago.</summary>
    public Exception? WhenDue(Exception fault)
    {
        var before = Volatile.Read(ref saidAt);
        var isDue = before == 0 || Stopwatch.GetElapsedTime(before) >= Rest;
        return isDue && Interlocked.CompareExchange(ref saidAt, Stopwatch.GetTimestamp(), before) == before ? fault : null;
    }
}
