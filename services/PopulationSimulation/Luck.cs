using System.Text;

namespace Journeys.PopulationSimulation;

/// <summary>One person's luck: draws as a function of what they are for, never of what was drawn before.</summary>
/// <remarks>
/// A change of one node therefore changes nobody's luck anywhere else, and two designs under one seed differ by the designs alone.
/// </remarks>
/// <param name="seed">The simulation's.</param>
/// <param name="person">The person's number.</param>
public readonly struct Luck(ulong seed, int person)
{
    const ulong Golden = 0x9e3779b97f4a7c15UL;
    const ulong Basis = 14_695_981_039_346_656_037UL;
    const ulong Prime = 1_099_511_628_211UL;

    readonly ulong own = Finish(seed + (Golden * ((ulong)person + 1)));

    /// <summary>The draw number <paramref name="n"/> of a stream: 64 even bits.</summary>
    public ulong Draw(ulong stream, long n = 0) => Finish(Finish(own ^ stream) + (Golden * ((ulong)n + 1)));

    /// <summary>A whole number from 0 to below the bound.</summary>
    public long Below(long bound, ulong stream, long n = 0) => Below(Draw(stream, n), bound);

    /// <summary>Whether something happens that happens in N of 1,000 cases.</summary>
    public bool Happens(int perMille, ulong stream, long n = 0) => perMille >= 1_000 || Below(1_000, stream, n) < perMille;

    /// <summary>A draw as a whole number from 0 to below the bound.</summary>
    public static long Below(ulong draw, long bound) => (long)Math.BigMul(draw, (ulong)bound, out _);

    /// <summary>A stream by its name, such as `outcome/tour/2`: FNV-1a (64 bits) of its UTF-8.</summary>
    public static ulong Stream(string name)
    {
        var hash = Basis;
        foreach (var part in Encoding.UTF8.GetBytes(name))
            hash = (hash ^ part) * Prime;
        return hash;
    }

    /// <summary>The stream whose name is that of another with a number behind it, without making the name.</summary>
    public static ulong Stream(ulong prefix, int number)
    {
        Span<byte> digits = stackalloc byte[11];
        number.TryFormat(digits, out var length);
        foreach (var digit in digits[..length])
            prefix = (prefix ^ digit) * Prime;
        return prefix;
    }

    // The finisher of SplitMix64.
    static ulong Finish(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebUL;
        return z ^ (z >> 31);
    }
}
