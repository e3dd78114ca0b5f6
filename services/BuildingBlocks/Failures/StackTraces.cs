using System.Diagnostics;

namespace Journeys.BuildingBlocks.Failures;

/// <summary>
/// Limits how often stack traces are logged: during an outage every call fails alike, so one stack trace in ten seconds
/// is enough.
/// </summary>
public sealed class StackTraces
{
    static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    long saidAt;

    /// <summary>
    /// Returns the fault when its stack trace is due; null when one was logged within the last ten seconds.
    /// </summary>
    public Exception? WhenDue(Exception fault)
    {
        var before = Volatile.Read(ref saidAt);
        var isDue = before == 0 || Stopwatch.GetElapsedTime(before) >= Rest;
        return isDue && Interlocked.CompareExchange(ref saidAt, Stopwatch.GetTimestamp(), before) == before ? fault : null;
    }
}
