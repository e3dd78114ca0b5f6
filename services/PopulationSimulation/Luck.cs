using System.Text;

namespace Journeys.PopulationSimulation;

/// <summary>Random draws of one person. A draw depends only on its purpose, never on earlier draws.</summary>
/// <remarks>
/// So a change of one node changes no draw elsewhere, and two designs with one seed differ by the designs alone.
/// </remarks>
/// <param name="seed">The seed of the simulation.</param>
/// <param name="person">The person's number.</param>
public readonly struct Luck(ulong seed, int person)
{
    const ulong Golden = 0x9e3779b97f4a7c15UL;
    const ulong Basis = 14_695_981_039_346_656_037UL;
    const ulong Prime = 1_099_511_628_211UL;

    readonly ulong own = Finish(seed + (Golden * ((ulong)person + 1)));

    /// <summary>Returns draw number <paramref name="n"/> of a stream: 64 uniformly distributed bits.</summary>
    public ulong Draw(ulong stream, long n = 0) => Finish(Finish(own ^ stream) + (Golden * ((ulong)n + 1)));

    /// <summary>Returns an integer from 0 (inclusive) to the bound (exclusive).</summary>
    public long Below(long bound, ulong stream, long n = 0) => Below(Draw(stream, n), bound);

    /// <summary>Returns whether an event with a chance of N in 1,000 happens.</summary>
    public bool Happens(int perMille, ulong stream, long n = 0) => perMille >= 1_000 || Below(1_000, stream, n) < perMille;

    /// <summary>Maps a draw to an integer from 0 (inclusive) to the bound (exclusive).</summary>
    public static long Below(ulong draw, long bound) => (long)Math.BigMul(draw, (ulong)bound, out _);

    /// <summary>Returns the stream with a name such as `outcome/tour/2`: FNV-1a (64 bits) of its UTF-8.</summary>
    public static ulong Stream(string name)
    {
        var hash = Basis;
        foreach (var part in Encoding.UTF8.GetBytes(name))
            hash = (hash ^ part) * Prime;
        return hash;
    }

    /// <summary>Returns the stream whose name is a prefix with a number appended, without building the name.</summary>
    public static ulong Stream(ulong prefix, int number)
    {
        Span<byte> digits = stackalloc byte[11];
        number.TryFormat(digits, out var length);
        foreach (var digit in digits[..length])
            prefix = (prefix ^ digit) * Prime;
        return prefix;
    }

    // The finalizer of SplitMix64.
    static ulong Finish(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebUL;
        return z ^ (z >> 31);
    }
}
