using System.Numerics;
using Google.Protobuf.WellKnownTypes;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>The distribution of integers, in a size that does not grow with their number.</summary>
/// <remarks>
/// Numbers that differ by less than 1 in 64 share a bucket, which keeps its largest number. So every result is a number
/// that occurred, and exact when all numbers of its bucket are equal.
/// </remarks>
public sealed class Spread
{
    const int Steps = 64;

    readonly List<long> counts = [];
    readonly List<long> largest = [];

    /// <summary>The number of numbers.</summary>
    public long Count { get; private set; }

    /// <summary>The largest number.</summary>
    public long Max { get; private set; }

    /// <summary>Adds a number that is not negative.</summary>
    public void Add(long number) => Add(BucketOf(number), 1, number);

    /// <summary>Adds all numbers of another distribution.</summary>
    public void Add(Spread other)
    {
        for (var bucket = 0; bucket < other.counts.Count; bucket++)
        {
            if (other.counts[bucket] > 0)
                Add(bucket, other.counts[bucket], other.largest[bucket]);
        }
    }

    /// <summary>
    /// Returns the number that the given percentage does not exceed, by the nearest rank; 0 when there are no numbers.
    /// </summary>
    public long Percentile(int percent)
    {
        var rank = Math.Max(1, ((Count * percent) + 99) / 100);
        for (var bucket = 0; bucket < counts.Count; bucket++)
        {
            if ((rank -= counts[bucket]) <= 0)
                return largest[bucket];
        }

        return Max;
    }

    /// <summary>Converts milliseconds to the contract; null when there are none.</summary>
    public Proto.Spans? ToProto() => Count == 0 ? null : new()
    {
        P10 = Span(Percentile(10)),
        P50 = Span(Percentile(50)),
        P90 = Span(Percentile(90)),
        P99 = Span(Percentile(99)),
        Max = Span(Max),
    };

    /// <summary>Converts milliseconds to a duration of the contract.</summary>
    public static Duration Span(long milliseconds) => new() { Seconds = milliseconds / 1_000, Nanos = (int)(milliseconds % 1_000) * 1_000_000 };

    void Add(int bucket, long count, long number)
    {
        while (counts.Count <= bucket)
        {
            counts.Add(0);
            largest.Add(0);
        }

        counts[bucket] += count;
        largest[bucket] = Math.Max(largest[bucket], number);
        Count += count;
        Max = Math.Max(Max, number);
    }

    // Numbers below 128 have buckets of their own; above, each doubling has 64 buckets.
    static int BucketOf(long number)
    {
        var halvings = Math.Max(0, BitOperations.Log2((ulong)number) - BitOperations.Log2(Steps));
        return (halvings * Steps) + (int)(number >> halvings);
    }
}
