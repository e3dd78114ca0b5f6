using System.Numerics;
using Google.Protobuf.WellKnownTypes;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>How whole numbers are spread, in a size that does not grow with how many there are.</summary>
/// <remarks>
/// Numbers that differ by less than 1 in 64 share a bucket, which keeps its largest: what is read is a number that occurred, and exact where
/// all in a bucket are alike.
/// </remarks>
public sealed class Spread
{
    const int Steps = 64;

    readonly List<long> counts = [];
    readonly List<long> largest = [];

    /// <summary>How many there are.</summary>
    public long Count { get; private set; }

    /// <summary>The largest.</summary>
    public long Max { get; private set; }

    /// <summary>Adds a number that is not negative.</summary>
    public void Add(long number) => Add(BucketOf(number), 1, number);

    /// <summary>Adds all of another.</summary>
    public void Add(Spread other)
    {
        for (var bucket = 0; bucket < other.counts.Count; bucket++)
        {
            if (other.counts[bucket] > 0)
                Add(bucket, other.counts[bucket], other.largest[bucket]);
        }
    }

    /// <summary>The number that the given percentage does not exceed, by the nearest rank; 0 where there is none.</summary>
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

    /// <summary>As the contract shows milliseconds; null where there are none.</summary>
    public Proto.Spans? ToProto() => Count == 0 ? null : new()
    {
        P10 = Span(Percentile(10)),
        P50 = Span(Percentile(50)),
        P90 = Span(Percentile(90)),
        P99 = Span(Percentile(99)),
        Max = Span(Max),
    };

    /// <summary>Milliseconds as the contract has them.</summary>
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

    // Below 128 each has its own; from there on, 64 to each doubling.
    static int BucketOf(long number)
    {
        var halvings = Math.Max(0, BitOperations.Log2((ulong)number) - BitOperations.Log2(Steps));
        return (halvings * Steps) + (int)(number >> halvings);
    }
}
