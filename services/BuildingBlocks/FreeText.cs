using Google.Protobuf.WellKnownTypes;

namespace Journeys.BuildingBlocks;

/// <summary>Repairs text that people typed and that cannot be stored as it is: U+FFFD replaces each lost character.</summary>
public static class FreeText
{
    /// <summary>The replacement character.</summary>
    public const char Lost = '\uFFFD';

    /// <summary>The text without control characters, or null when it has none.</summary>
    public static string? WithoutControl(string text) =>
        text.Any(char.IsControl)
            ? string.Create(text.Length, text, (target, source) =>
            {
                for (var index = 0; index < target.Length; index++)
                    target[index] = char.IsControl(source[index]) ? Lost : source[index];
            })
            : null;

    /// <summary>The text with U+FFFD for each half of a surrogate pair that stands alone.</summary>
    public static string WellFormed(string text)
    {
        var wrong = FirstHalfPair(text);
        if (wrong < 0)
            return text;

        return string.Create(text.Length, text, (target, source) =>
        {
            source.CopyTo(target);
            for (var index = 0; index < target.Length; index++)
            {
                if (index + 1 < target.Length && char.IsSurrogatePair(source[index], source[index + 1]))
                    index++;
                else if (char.IsSurrogate(source[index]))
                    target[index] = Lost;
            }
        });
    }

    /// <summary>Whether every surrogate of the text has its other half.</summary>
    public static bool IsWellFormed(string text) => FirstHalfPair(text) < 0;

    /// <summary>
    /// Takes control characters out of the names in free-form data, and gives those that are empty the name U+FFFD, because the JSON form of
    /// protobuf has none. Of two names that become the same, the later value stays.
    /// </summary>
    public static void MendKeys(Struct data)
    {
        foreach (var (name, value) in data.Fields.Where(field => field.Key.Length == 0 || field.Key.Any(char.IsControl)).ToList())
        {
            data.Fields.Remove(name);
            data.Fields[name.Length == 0 ? $"{Lost}" : WithoutControl(name)!] = value;
        }
    }

    static int FirstHalfPair(string text)
    {
        var index = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        while (index >= 0 && index < text.Length)
        {
            if (index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]))
                index += 2;
            else if (char.IsSurrogate(text[index]))
                return index;
            else
                index++;
        }

        return -1;
    }
}
