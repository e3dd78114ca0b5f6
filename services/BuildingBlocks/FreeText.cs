using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Google.Protobuf.WellKnownTypes;

namespace Journeys.BuildingBlocks;

/// <summary>
/// Repairs text that people typed and that cannot be stored unchanged: replaces each lost character by U+FFFD.
/// </summary>
public static class FreeText
{
    // Fillers of Hangul and the empty cell of Braille, which count as letters and symbols.
    static readonly FrozenSet<int> Blanks = FrozenSet.Create(0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0);

    /// <summary>The replacement character.</summary>
    public const char Lost = '\uFFFD';

    /// <summary>
    /// Returns the text with U+FFFD in place of control characters; null when it has no control characters.
    /// </summary>
    public static string? WithoutControl(string text) =>
        text.Any(char.IsControl)
            ? string.Create(text.Length, text, (target, source) =>
            {
                for (var index = 0; index < target.Length; index++)
                    target[index] = char.IsControl(source[index]) ? Lost : source[index];
            })
            : null;

    /// <summary>Returns whether somebody who reads the text sees anything: not only spaces, marks and characters without a glyph.</summary>
    public static bool IsVisible(string text) => text.EnumerateRunes().Any(rune => !Blanks.Contains(rune.Value) && Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpaceSeparator
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));

    /// <summary>Returns the text with U+FFFD in place of each unpaired surrogate.</summary>
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

    /// <summary>Returns whether every surrogate of the text is paired.</summary>
    public static bool IsWellFormed(string text) => FirstHalfPair(text) < 0;

    /// <summary>
    /// Replaces control characters in the names of free-form data, and empty names, by U+FFFD, because the JSON form of
    /// protobuf has no empty names. When two names become equal, the later value wins.
    /// </summary>
    /// <returns>The new name of each value that a later one replaced.</returns>
    public static IReadOnlyList<string> MendKeys(Struct data)
    {
        if (!data.Fields.Keys.Any(name => name.Length == 0 || name.Any(char.IsControl)))
            return [];

        var (fields, lost) = (data.Fields.ToList(), new List<string>());
        data.Fields.Clear();
        foreach (var (name, value) in fields)
        {
            var mended = name.Length == 0 ? $"{Lost}" : WithoutControl(name) ?? name;
            if (data.Fields.Remove(mended))
                lost.Add(mended);
            data.Fields[mended] = value;
        }

        return lost;
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
