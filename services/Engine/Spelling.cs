using System.Collections.Frozen;

namespace Journeys.Engine;

/// <summary>Spells enum values as the contracts do: in capitals, with underscores.</summary>
static class Spelling
{
    /// <summary>Returns the name of a value, for instance `NOT_IN`.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum =>
        Names<T>.Texts.TryGetValue(value, out var text) ? text : value.ToString();

    static class Names<T>
        where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> Texts = Enum.GetValues<T>().ToFrozenDictionary(value => value, Spell);

        static string Spell(T value) => string.Concat(value.ToString().Select((letter, index) =>
            index > 0 && char.IsUpper(letter) ? $"_{letter}" : char.ToUpperInvariant(letter).ToString()));
    }
}
