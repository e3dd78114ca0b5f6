using Google.Protobuf.WellKnownTypes;
using Journeys.Engine;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>Draws spans of time, in whole milliseconds and without floating point.</summary>
public abstract record Spans
{
    /// <summary>Spans longer than this are cut.</summary>
    public const long Longest = Dates.DaysInTenYears * 86_400_000L;

    const int Bits = 20;
    const int PowerBits = 30;

    // log2(e), times 2^20.
    const long LogTwoOfE = 1_512_775;

    /// <summary>The span that belongs to a draw.</summary>
    public abstract long Of(ulong draw);

    /// <summary>Always the same.</summary>
    public sealed record Fixed(long Span) : Spans
    {
        public override long Of(ulong draw) => Span;
    }

    /// <summary>Evenly spread, both ends included.</summary>
    public sealed record Uniform(long From, long Until) : Spans
    {
        public override long Of(ulong draw) => From + Luck.Below(draw, Until - From + 1);
    }

    /// <summary>Exponential.</summary>
    public sealed record Exponential(long Mean) : Spans
    {
        public override long Of(ulong draw) => Cut(Scale(Mean, Between(Curves.Exponential, draw), Bits));
    }

    /// <summary>Lognormal; sigma in thousandths.</summary>
    public sealed record Lognormal(long Median, int Sigma) : Spans
    {
        public override long Of(ulong draw)
        {
            // median * 2^(sigma * z * log2(e)), the exponent with 20 bits behind the point.
            var exponent = Half((Int128)Between(Curves.Normal, draw) * Sigma * LogTwoOfE, 1_000L << Bits);
            var (whole, part) = ((int)(exponent >> Bits), (ulong)(exponent & ((1 << Bits) - 1)));
            var power = Curves.PowersOfTwo[(int)(part >> 10)]
                + ((((long)Curves.PowersOfTwo[(int)(part >> 10) + 1] - Curves.PowersOfTwo[(int)(part >> 10)]) * (long)(part & 1_023)) >> 10);
            return Cut(Scale(Median, power, PowerBits - whole));
        }
    }

    /// <summary>As the contract says it.</summary>
    public static Spans Read(Proto.Latency? latency, Spans absent) => latency?.KindCase switch
    {
        Proto.Latency.KindOneofCase.Fixed => new Fixed(Milliseconds(latency.Fixed)),
        Proto.Latency.KindOneofCase.Uniform => new Uniform(Milliseconds(latency.Uniform.From), Milliseconds(latency.Uniform.Until)),
        Proto.Latency.KindOneofCase.ExponentialMean => new Exponential(Milliseconds(latency.ExponentialMean)),
        Proto.Latency.KindOneofCase.Lognormal => new Lognormal(
            Milliseconds(latency.Lognormal.Median), latency.Lognormal.SigmaThousandths == 0 ? 1_000 : latency.Lognormal.SigmaThousandths),
        _ => absent,
    };

    /// <summary>A span of the contract in whole milliseconds; what is less is cut off.</summary>
    public static long Milliseconds(Duration? span) => span is null ? 0 : (span.Seconds * 1_000) + (span.Nanos / 1_000_000);

    // 10 bits choose the step, 32 the place in it.
    static long Between(ReadOnlySpan<int> curve, ulong draw)
    {
        var step = (int)(draw >> 54);
        var place = (long)((draw >> 22) & 0xffff_ffff);
        return curve[step] + ((((long)curve[step + 1] - curve[step]) * place) >> 32);
    }

    // Rounded to the nearest, halves up. A product that is wider than the cut needs not be exact.
    static long Scale(long span, long factor, int bits)
    {
        var product = (Int128)span * factor;
        if (bits <= 0)
            return (long)Int128.Min(product << Math.Min(-bits, 32), Longest);
        return bits > 100 ? 0 : (long)Int128.Min((product + (Int128.One << (bits - 1))) >> bits, Longest);
    }

    static long Half(Int128 value, Int128 by) => (long)((value >= 0 ? value + (by / 2) : value - (by / 2)) / by);

    static long Cut(long span) => Math.Clamp(span, 0, Longest);
}
