using System.Collections.Frozen;

namespace Journeys.Protos;

/// <summary>Enum values as JSON, tables and messages spell them: `TASK_LIST`.</summary>
public static class EnumText
{
    /// <summary>The name of a value in capitals with underscores; its number when it is one that this release does not know.</summary>
    public static string Text<T>(this T value)
        where T : struct, Enum =>
        Names<T>.Texts.TryGetValue(value, out var text) ? text : value.ToString();

    /// <summary>Reads what <see cref="Text"/> wrote.</summary>
    /// <exception cref="FormatException">No value has this name.</exception>
    public static T Parse<T>(string text)
        where T : struct, Enum =>
        Names<T>.Values.TryGetValue(text, out var value) ? value : throw new FormatException($"{text} is not a {typeof(T).Name}.");

    static class Names<T>
        where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> Texts = Enum.GetValues<T>().ToFrozenDictionary(value => value, Spell);

        public static readonly FrozenDictionary<string, T> Values = Texts.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

        static string Spell(T value) => string.Concat(value.ToString().Select((letter, index) =>
            index > 0 && char.IsUpper(letter) ? $"_{letter}" : char.ToUpperInvariant(letter).ToString()));
    }
}
