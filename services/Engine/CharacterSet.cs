namespace Journeys.Engine;

/// <summary>A set of characters: those in its ranges, or all except those.</summary>
sealed class CharacterSet
{
    /// <summary>Every character.</summary>
    public static readonly CharacterSet All = new(isNegated: true, []);

    readonly bool isNegated;
    readonly (int First, int Last)[] beyondAscii;
    readonly UInt128 ascii;

    CharacterSet(bool isNegated, IEnumerable<(int First, int Last)> ranges)
    {
        this.isNegated = isNegated;
        beyondAscii = [.. ranges.Where(range => range.Last > 127)];
        foreach (var (first, last) in ranges)
        {
            for (var character = first; character <= Math.Min(last, 127); character++)
                ascii |= UInt128.One << character;
        }
    }

    /// <summary>Returns the set of one character.</summary>
    public static CharacterSet Of(int character) => new(isNegated: false, [(character, character)]);

    /// <summary>Returns whether a character is in the set.</summary>
    public bool Contains(int character) => (character <= 127 ? (ascii >> character & 1) != 0 : IsBeyond(character)) != isNegated;

    bool IsBeyond(int character)
    {
        foreach (var (first, last) in beyondAscii)
        {
            if (character >= first && character <= last)
                return true;
        }

        return false;
    }

    /// <summary>Reads a class in brackets.</summary>
    public static CharacterSet Parse(string text, ref int at)
    {
        at++;
        var isNegated = text[at] == '^';
        if (isNegated)
            at++;

        var ranges = new List<(int, int)>();
        while (text[at] != ']')
        {
            var first = Read(text, ref at);
            // A literal hyphen is always escaped here, so a plain one makes a range.
            if (text[at] == '-')
            {
                at++;
                ranges.Add((first, Read(text, ref at)));
            }
            else
            {
                ranges.Add((first, first));
            }
        }

        at++;
        return new(isNegated, ranges);
    }

    /// <summary>Reads one character, escaped or not.</summary>
    public static int Read(string text, ref int at)
    {
        if (text[at] != '\\')
            return text[at++];

        at += 2;
        return text[at - 1] switch
        {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'f' => '\f',
            'v' => '\v',
            var itself => itself,
        };
    }
}
