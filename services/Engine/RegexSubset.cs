using System.Text;
using System.Text.RegularExpressions;

namespace Journeys.Engine;

/// <summary>
/// Regular expressions that mean the same in .NET and PostgreSQL and run in linear time: literals, `.`, `^`, `$`, classes, groups,
/// alternatives, `* + ? {m} {m,} {m,n}` (up to 255), `\d \w \s` and their opposites for ASCII, `\n \t \r`, and escaped punctuation.
/// </summary>
/// <remarks>`.` matches every character, `$` only the very end. No look-around, back-references, lazy quantifiers or inline options.</remarks>
public static class RegexSubset
{
    /// <summary>The most characters of a pattern.</summary>
    public const int MaxLength = 512;

    const string Digit = "0-9";
    const string Word = "A-Za-z0-9_";
    const string Space = @" \t\n\r\f\v";

    /// <summary>The pattern as .NET understands it; null when it is outside the subset.</summary>
    public static Regex? ToDotNet(string pattern)
    {
        if (Translate(pattern, @"\z") is not { } translated)
            return null;

        try
        {
            return new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>The pattern as PostgreSQL understands it (an ARE); null when it is outside the subset.</summary>
    public static string? ToPostgres(string pattern) => ToDotNet(pattern) is null ? null : Translate(pattern, "$");

    static string? Translate(string pattern, string end)
    {
        if (pattern.Length is 0 or > MaxLength)
            return null;

        var text = new StringBuilder();
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
                    text.Append(bounds);
                    at += bounds.Length - 1;
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
                    mayRepeat = false;
                    continue;
                case '|' or '^':
                    text.Append(c);
                    mayRepeat = false;
                    continue;
                case '$':
                    text.Append(end);
                    mayRepeat = false;
                    continue;
                case '[':
                    if (Class(pattern, ref at) is not { } set)
                        return null;
                    text.Append(set);
                    break;
                case '\\':
                    if (++at >= pattern.Length || Escape(pattern[at]) is not { } escaped)
                        return null;
                    text.Append(escaped);
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

            mayRepeat = true;
        }

        return text.ToString();
    }

    static string? Bounds(string pattern, int at)
    {
        var close = pattern.IndexOf('}', at);
        if (close < 0)
            return null;

        var parts = pattern[(at + 1)..close].Split(',');
        var isValid = parts.Length <= 2
            && IsCount(parts[0], out var least)
            && (parts.Length == 1 || parts[1].Length == 0 || (IsCount(parts[1], out var most) && least <= most));
        return isValid ? pattern[at..(close + 1)] : null;
    }

    static bool IsCount(string text, out int count) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out count) && count <= 255;

    static string? Class(string pattern, ref int at)
    {
        var text = new StringBuilder("[");
        if (at + 1 < pattern.Length && pattern[at + 1] == '^')
        {
            text.Append('^');
            at++;
        }

        var isEmpty = true;
        for (at++; at < pattern.Length; at++, isEmpty = false)
        {
            var c = pattern[at];
            if (c == ']')
                return isEmpty ? null : text.Append(']').ToString();
            if (c == '[' || char.IsSurrogate(c) || char.IsControl(c))
                return null;
            if (c == '^')
                text.Append(@"\^");
            else if (c != '\\')
                text.Append(c);
            else if (++at >= pattern.Length || ClassEscape(pattern[at]) is not { } escaped)
                return null;
            else
                text.Append(escaped);
        }

        return null;
    }

    static string? Escape(char c) => c switch
    {
        'd' => $"[{Digit}]",
        'D' => $"[^{Digit}]",
        'w' => $"[{Word}]",
        'W' => $"[^{Word}]",
        's' => $"[{Space}]",
        'S' => $"[^{Space}]",
        'n' or 't' or 'r' => $@"\{c}",
        _ => char.IsAscii(c) && char.IsPunctuation(c) || char.IsAscii(c) && char.IsSymbol(c) ? $@"\{c}" : null,
    };

    static string? ClassEscape(char c) => c switch
    {
        'd' => Digit,
        'w' => Word,
        's' => Space,
        _ => Escape(c) is { Length: 2 } escaped ? escaped : null,
    };
}
