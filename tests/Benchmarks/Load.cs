using System.Collections.Concurrent;
using System.Diagnostics;

namespace Journeys.Benchmarks;

/// <summary>Callers that call again as soon as they are answered, and what their calls took.</summary>
sealed class Load(int connections)
{
    readonly ConcurrentBag<double> took = [];

    /// <summary>Milliseconds of the calls, the quickest first.</summary>
    public double[] Took => [.. took.Order()];

    /// <summary>Runs the callers for so long. Each gets its number and returns what it does again and again.</summary>
    public Task RunAsync(TimeSpan duration, Func<int, Task<Func<Task>>> caller) => Task.WhenAll(Enumerable.Range(0, connections).Select(async number =>
    {
        var call = await caller(number);
        var total = Stopwatch.StartNew();
        while (total.Elapsed < duration)
        {
            var one = Stopwatch.StartNew();
            await call();
            took.Add(one.Elapsed.TotalMilliseconds);
        }
    }));
}
