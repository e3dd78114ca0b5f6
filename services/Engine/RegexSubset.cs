using System.Text;

namespace Journeys.Engine;

/// <summary>
/// Regular expressions that mean the same in memory (<see cref="RegexMatcher"/>) and in PostgreSQL and run in linear
/// time: literals, `.`, `^`, `$`, classes, groups, alternatives, `* + ? {m} {m,} {m,n}` (at most 256 characters with
/// all repetitions expanded), `\d \w \s` and their opposites for ASCII, `\n \t \r`, and escaped punctuation.
/// </summary>
/// <remarks>`.` matches every character, `$` only the very end. No look-around, back-references, lazy quantifiers or inline options.</remarks>
public static class RegexSubset
{
    /// <summary>Maximum number of characters in a pattern.</summary>
    public const int MaxLength = 512;

    /// <summary>
    /// Maximum number of characters in a pattern with its repetitions expanded, because the time of a match grows with
    /// it.
    /// </summary>
    public const int MaxSize = 256;

    const string Digit = "0-9";
    const string Word = "A-Za-z0-9_";
    const string Space = @" \t\n\r\f\v";

    /// <summary>Returns the pattern in PostgreSQL's syntax (an ARE); null when it is outside the subset.</summary>
    public static string? ToPostgres(string pattern) => Translate(pattern)?.Text;

    /// <summary>
    /// Returns the number of characters in a pattern with its repetitions expanded; 0 when it is outside the subset.
    /// </summary>
    public static int SizeOf(string pattern) => Translate(pattern)?.Size ?? 0;

    static (string Text, int Size)? Translate(string pattern)
    {
        if (pattern.Length is 0 or > MaxLength)
            return null;

        var text = new StringBuilder();
        var size = new PatternSize(MaxSize);
        var mayRepeat = false;
        for (var at = 0; at < pattern.Length; at++)
        {
            var c = pattern[at];
            switch (c)
            {
                case '*' or '+' or '?':
                    if (!mayRepeat)
                        return null;
                    text.Append(c);
                    mayRepeat = false;
                    continue;
                case '{':
                    if (!mayRepeat || Bounds(pattern, at) is not { } bounds)
                        return null;
                    text.Append(bounds.Text);
                    size.Repeat(bounds.Most);
                    at += bounds.Text.Length - 1;
                    mayRepeat = false;
                    continue;
                case '(':
                    if (at + 1 < pattern.Length && pattern[at + 1] == '?')
                    {
                        if (at + 2 >= pattern.Length || pattern[at + 2] != ':')
                            return null;
                        at += 2;
                    }

                    text.Append("(?:");
                    size.Open();
                    mayRepeat = false;
                    continue;
                case ')':
                    if (!size.Close())
                        return null;
                    text.Append(c);
                    mayRepeat = true;
                    continue;
                case '|' or '^' or '$':
                    text.Append(c);
                    mayRepeat = false;
                    continue;
                case '[':
                    if (Class(pattern, ref at) is not { } set)
                        return null;
                    text.Append(Set(set.IsNegated, set.Members));
                    break;
                case '\\':
                    if (++at >= pattern.Length)
                        return null;
                    if (Group(pattern[at]) is { } group)
                        text.Append(Set(char.IsUpper(pattern[at]), group));
                    else if (Escape(pattern[at]) is { } escaped)
                        text.Append(escaped);
                    else
                        return null;
                    break;
                case '.':
                    text.Append(c);
                    break;
                case ']' or '}':
                    text.Append('\\').Append(c);
                    break;
                default:
                    if (char.IsSurrogate(c) || char.IsControl(c))
                        return null;
                    text.Append(c);
                    break;
            }

            size.Add();
            mayRepeat = true;
        }

        return size.IsOpen || size.Total > MaxSize ? null : (text.ToString(), size.Total);
    }

    static (string Text, int Most)? Bounds(string pattern, int at)
    {
        var close = pattern.IndexOf('}', at);
        if (close < 0)
            return null;

        var parts = pattern[(at + 1)..close].Split(',');
        if (parts.Length > 2 || !IsCount(parts[0], out var least))
            return null;

        var most = least;
        var isOpen = parts.Length == 1 || parts[1].Length == 0;
        return isOpen || (IsCount(parts[1], out most) && least <= most) ? (pattern[at..(close + 1)], most) : null;
    }

    static bool IsCount(string text, out int count) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out count) && count <= 255;

    static string Set(bool isNegated, string members) => $"[{(isNegated ? "^" : "")}{members}]";

    // A hyphen is literal only at the start or end; elsewhere it makes a range of two single characters, as in every
    // dialect.
    static (bool IsNegated, string Members)? Class(string pattern, ref int at)
    {
        var isNegated = at + 1 < pattern.Length && pattern[at + 1] == '^';
        var close = Close(pattern, at += isNegated ? 2 : 1);
        if (close <= at)
            return null;

        var members = new StringBuilder();
        for (; at < close; at++)
        {
            if (pattern[at] == '\\' && Group(pattern[at + 1]) is { } group && !char.IsUpper(pattern[at + 1]))
            {
                at++;
                members.Append(group);
            }
            else if (Member(pattern, ref at) is not { } member)
            {
                return null;
            }
            else
            {
                members.Append(member);
                if (pattern[at + 1] != '-' || at + 2 == close)
                    continue;
                at += 2;
                if (Member(pattern, ref at) is not { } end || Value(end) < Value(member))
                    return null;
                members.Append('-').Append(end);
            }

            // Neither a group such as `\d` nor the end of a range can begin a range.
            if (pattern[at + 1] == '-' && at + 2 < close)
                return null;
        }

        return (isNegated, members.ToString());
    }

    // Returns where the class ends; -1 when it does not.
    static int Close(string pattern, int from)
    {
        for (var at = from; at < pattern.Length; at++)
        {
            if (pattern[at] == ']')
                return at;
            if (pattern[at] == '\\')
                at++;
        }

        return -1;
    }

    // Returns one character of a class, escaped where it would have a meaning.
    static string? Member(string pattern, ref int at)
    {
        var c = pattern[at];
        if (c == '\\')
            return Escape(pattern[++at]);
        if (c == '[' || char.IsSurrogate(c) || char.IsControl(c))
            return null;
        return c is '^' or '-' ? $@"\{c}" : c.ToString();
    }

    static int Value(string member) => member switch
    {
        @"\n" => '\n',
        @"\t" => '\t',
        @"\r" => '\r',
        _ => member[^1],
    };

    static string? Group(char c) => char.ToLowerInvariant(c) switch
    {
        'd' => Digit,
        'w' => Word,
        's' => Space,
        _ => null,
    };

    static string? Escape(char c) => c switch
    {
        'n' or 't' or 'r' => $@"\{c}",
        _ => char.IsAscii(c) && (char.IsPunctuation(c) || char.IsSymbol(c)) ? $@"\{c}" : null,
    };
}
