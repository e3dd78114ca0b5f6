using System.Globalization;

namespace Journeys.Engine;

/// <summary>A parsed regular expression. A closed family.</summary>
abstract record RegexTree(bool TakesCharacters)
{
    public sealed record Character(CharacterSet Set) : RegexTree(true);

    /// <summary>`^` or `$`.</summary>
    public sealed record Edge(bool IsStart) : RegexTree(false);

    public sealed record Sequence(IReadOnlyList<RegexTree> Parts) : RegexTree(Parts.Any(part => part.TakesCharacters));

    public sealed record Choice(IReadOnlyList<RegexTree> Ways) : RegexTree(Ways.Any(way => way.TakesCharacters));

    /// <summary>A part that repeats; the maximum is null for no limit.</summary>
    public sealed record Repeat(RegexTree Part, int Least, int? Most) : RegexTree(Part.TakesCharacters);

    /// <summary>Parses an expression that <see cref="RegexSubset"/> wrote.</summary>
    public static RegexTree Parse(string text)
    {
        var at = 0;
        return Choices();

        RegexTree Choices()
        {
            List<RegexTree> ways = [Parts()];
            while (at < text.Length && text[at] == '|')
            {
                at++;
                ways.Add(Parts());
            }

            return ways is [var only] ? only : new Choice(ways);
        }

        RegexTree Parts()
        {
            var parts = new List<RegexTree>();
            while (at < text.Length && text[at] is not ('|' or ')'))
                parts.Add(Repeated(Part()));
            return new Sequence(parts);
        }

        RegexTree Part()
        {
            switch (text[at])
            {
                case '^' or '$':
                    return new Edge(text[at++] == '^');
                case '(':
                    at += "(?:".Length;
                    var inside = Choices();
                    at++;
                    return inside;
                case '[':
                    return new Character(CharacterSet.Parse(text, ref at));
                case '.':
                    at++;
                    return new Character(CharacterSet.All);
                default:
                    return new Character(CharacterSet.Of(CharacterSet.Read(text, ref at)));
            }
        }

        RegexTree Repeated(RegexTree part)
        {
            switch (at < text.Length ? text[at] : '\0')
            {
                case '*':
                    at++;
                    return new Repeat(part, 0, null);
                case '+':
                    at++;
                    return new Repeat(part, 1, null);
                case '?':
                    at++;
                    return new Repeat(part, 0, 1);
                case '{':
                    var close = text.IndexOf('}', at);
                    var bounds = text[(at + 1)..close].Split(',');
                    at = close + 1;
                    var least = int.Parse(bounds[0], CultureInfo.InvariantCulture);
                    return bounds switch
                    {
                        [_] => new Repeat(part, least, least),
                        [_, ""] => new Repeat(part, least, null),
                        _ => new Repeat(part, least, int.Parse(bounds[1], CultureInfo.InvariantCulture)),
                    };
                default:
                    return part;
            }
        }
    }
}
