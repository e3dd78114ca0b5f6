using Google.Protobuf.WellKnownTypes;
using Journeys.Engine;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>Draws spans of time, in whole milliseconds and without floating point.</summary>
public abstract record Spans
{
    /// <summary>Maximum length of a span; longer spans are cut.</summary>
    public const long Longest = Dates.DaysInTenYears * 86_400_000L;

    const int Bits = 20;
    const int PowerBits = 30;

    // log2(e), times 2^20.
    const long LogTwoOfE = 1_512_775;

    /// <summary>Returns the span for a draw.</summary>
    public abstract long Of(ulong draw);

    /// <summary>A fixed span.</summary>
    public sealed record Fixed(long Span) : Spans
    {
        public override long Of(ulong draw) => Span;
    }

    /// <summary>A uniform distribution, with both ends included.</summary>
    public sealed record Uniform(long From, long Until) : Spans
    {
        public override long Of(ulong draw) => From + Luck.Below(draw, Until - From + 1);
    }

    /// <summary>An exponential distribution.</summary>
    public sealed record Exponential(long Mean) : Spans
    {
        public override long Of(ulong draw) => Cut(Scale(Mean, Between(Curves.Exponential, draw), Bits));
    }

    /// <summary>A lognormal distribution; sigma in thousandths.</summary>
    public sealed record Lognormal(long Median, int Sigma) : Spans
    {
        public override long Of(ulong draw)
        {
            // Computes median * 2^(sigma * z * log2(e)); the exponent has 20 fractional bits.
            var exponent = Half((Int128)Between(Curves.Normal, draw) * Sigma * LogTwoOfE, 1_000L << Bits);
            var (whole, part) = ((int)(exponent >> Bits), (ulong)(exponent & ((1 << Bits) - 1)));
            var power = Curves.PowersOfTwo[(int)(part >> 10)]
                + ((((long)Curves.PowersOfTwo[(int)(part >> 10) + 1] - Curves.PowersOfTwo[(int)(part >> 10)]) * (long)(part & 1_023)) >> 10);
            return Cut(Scale(Median, power, PowerBits - whole));
        }
    }

    /// <summary>Reads a distribution from the contract.</summary>
    public static Spans Read(Proto.Latency? latency, Spans absent) => latency?.KindCase switch
    {
        Proto.Latency.KindOneofCase.Fixed => new Fixed(Milliseconds(latency.Fixed)),
        Proto.Latency.KindOneofCase.Uniform => new Uniform(Milliseconds(latency.Uniform.From), Milliseconds(latency.Uniform.Until)),
        Proto.Latency.KindOneofCase.ExponentialMean => new Exponential(Milliseconds(latency.ExponentialMean)),
        Proto.Latency.KindOneofCase.Lognormal => new Lognormal(
            Milliseconds(latency.Lognormal.Median), latency.Lognormal.SigmaThousandths == 0 ? 1_000 : latency.Lognormal.SigmaThousandths),
        _ => absent,
    };

    /// <summary>Converts a duration of the contract to whole milliseconds, rounded down.</summary>
    public static long Milliseconds(Duration? span) => span is null ? 0 : (span.Seconds * 1_000) + (span.Nanos / 1_000_000);

    // 10 bits of the draw choose the step of the curve, 32 bits the position in the step.
    static long Between(ReadOnlySpan<int> curve, ulong draw)
    {
        var step = (int)(draw >> 54);
        var place = (long)((draw >> 22) & 0xffff_ffff);
        return curve[step] + ((((long)curve[step + 1] - curve[step]) * place) >> 32);
    }

    // Rounds to the nearest, halves up. A product that exceeds the cut need not be exact.
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
