using System.Numerics;
using System.Runtime.Intrinsics;
using System.Text;

namespace Journeys.Engine;

/// <summary>Matches text against a regular expression of <see cref="RegexSubset"/>.</summary>
/// <remarks>
/// Follows all possible matches at once, with one bit for each of at most 256 characters of the expression. So the time
/// is at most the length of the text times the size of the expression, and nothing is cached between matches. .NET's
/// engine for linear time caches every state that it has been in: 196 expressions and one text of 8 kB took 4 GB.
/// </remarks>
public sealed class RegexMatcher
{
    /// <summary>
    /// Maximum number of characters of a text that are matched; the rest is ignored. The URL of a page is never longer.
    /// </summary>
    public const int MaxText = 2_048;

    const int Ascii = 128;

    // The steps that wait for a character at the start of the text, and the steps added at each later position.
    readonly RegexReach atStart;
    readonly RegexReach later;
    readonly bool matchesNothing;
    readonly bool matchesEnd;

    readonly CharacterSet[] sets;
    readonly Vector256<ulong>[] takesAscii = new Vector256<ulong>[Ascii];
    readonly Vector256<ulong>[] follows;
    readonly Vector256<ulong> ends;
    readonly Vector256<ulong> endsAtEnd;

    RegexMatcher(RegexProgram program)
    {
        (atStart, later) = (program.Reach(program.Entry, isStart: true, isEnd: false), program.Reach(program.Entry, isStart: false, isEnd: false));
        (matchesNothing, matchesEnd) = (program.Reach(program.Entry, isStart: true, isEnd: true).Ends, program.Reach(program.Entry, isStart: false, isEnd: true).Ends);
        sets = [.. program.Takes.Select(take => take.Set!)];
        follows = new Vector256<ulong>[sets.Length];
        for (var i = 0; i < sets.Length; i++)
        {
            var reach = program.Reach(program.Takes[i].Next, isStart: false, isEnd: false);
            follows[i] = reach.Waiting;
            ends |= reach.Ends ? RegexReach.Bit(i) : default;
            endsAtEnd |= program.Reach(program.Takes[i].Next, isStart: false, isEnd: true).Ends ? RegexReach.Bit(i) : default;
        }

        for (var character = 0; character < Ascii; character++)
            takesAscii[character] = Takes(character);
    }

    /// <summary>Returns a matcher for a pattern; null when the pattern is outside the subset.</summary>
    public static RegexMatcher? For(string pattern) =>
        RegexSubset.ToPostgres(pattern) is { } text && RegexProgram.Compile(text) is { } program ? new(program) : null;

    /// <summary>
    /// Returns whether the expression matches somewhere in the first <see cref="MaxText"/> characters.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="effort">Counts the steps; null for no limit.</param>
    public bool IsMatch(string text, Effort? effort = null)
    {
        if (atStart.Ends || later.Ends || (text.Length == 0 ? matchesNothing : matchesEnd))
            return true;

        var left = text.AsSpan();
        var waiting = atStart.Waiting;
        for (var position = 1; !left.IsEmpty; position++)
        {
            Rune.DecodeFromUtf16(left, out var character, out var halves);
            left = position == MaxText ? [] : left[halves..];

            var taken = waiting & (character.IsAscii ? takesAscii[character.Value] : Takes(character.Value));
            if ((taken & (left.IsEmpty ? endsAtEnd : ends)) != default)
                return true;

            waiting = later.Waiting;
            var ways = Follow(taken, ref waiting);
            effort?.Spend(ways + 1);
            if (waiting == default)
                return false;
        }

        return false;
    }

    int Follow(Vector256<ulong> taken, ref Vector256<ulong> waiting)
    {
        var ways = 0;
        for (var part = 0; part < 4 && part * 64 < follows.Length; part++)
        {
            for (var bits = taken[part]; bits != 0; bits &= bits - 1)
            {
                waiting |= follows[(part * 64) + BitOperations.TrailingZeroCount(bits)];
                ways++;
            }
        }

        return ways;
    }

    Vector256<ulong> Takes(int character)
    {
        var all = Vector256<ulong>.Zero;
        for (var i = 0; i < sets.Length; i++)
        {
            if (sets[i].Contains(character))
                all |= RegexReach.Bit(i);
        }

        return all;
    }
}
