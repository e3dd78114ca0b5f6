using System.Text.RegularExpressions;

namespace Journeys.BuildingBlocks;

/// <summary>
/// Checks and makes keys: names that authors choose and programs refer to. An object has the same key on every site,
/// but different ids.
/// </summary>
public static partial class Keys
{
    /// <summary>Prefix of a key that is given in place of an id. No UUID begins with it.</summary>
    public const string Prefix = "key:";

    static readonly string Shape = $"1 to {Limits.ShortId} characters of a-z, 0-9, - and _";

    /// <summary>Returns a key that an author chose, if it is valid.</summary>
    /// <exception cref="InvalidInput">The text is not a valid key.</exception>
    public static string Check(string key, string field) =>
        IsKey(key) ? key : throw new InvalidInput(field, $"must have {Shape} and begin with a letter or digit.");

    /// <summary>Returns the key that a caller gave in place of an id; null if the text has no <see cref="Prefix"/>.</summary>
    /// <exception cref="InvalidInput">The text has the prefix, but no valid key after it.</exception>
    public static string? In(string text, string field) =>
        !text.StartsWith(Prefix, StringComparison.Ordinal) ? null
        : IsKey(text[Prefix.Length..]) ? text[Prefix.Length..]
        : throw new InvalidInput(field, $"must have {Shape} after {Prefix} and begin with a letter or digit there.");

    /// <summary>Returns the key of a new object: the key that its author chose, or one made from its name.</summary>
    /// <param name="what">The kind of object, such as `journey`.</param>
    /// <param name="asked">The key that its author chose; empty for none.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="taken">The keys that are in use.</param>
    /// <exception cref="InvalidInput">The chosen key is invalid.</exception>
    /// <exception cref="AlreadyThere">The chosen key is in use; the reason is KEY_TAKEN.</exception>
    public static string Choose(string what, string asked, string name, IReadOnlySet<string> taken)
    {
        if (asked.Length == 0)
            return Free(Of(name, otherwise: what.Replace(' ', '-')), taken);
        return taken.Contains(Check(asked, "key")) ? throw new AlreadyThere("KEY_TAKEN", $"A {what} with the key {asked} already exists.") : asked;
    }

    static bool IsKey(string text) => text.Length <= Limits.ShortId && Form().IsMatch(text);

    static string Of(string name, string otherwise)
    {
        var key = Others().Replace(name.ToLowerInvariant(), "-").Trim('-');
        return key.Length == 0 ? otherwise : Cut(key, Limits.ShortId);
    }

    static string Free(string key, IReadOnlySet<string> taken)
    {
        var free = key;
        for (var n = 2; taken.Contains(free); n++)
            free = $"{Cut(key, Limits.ShortId - 1 - $"{n}".Length)}-{n}";
        return free;
    }

    static string Cut(string key, int length) => key.Length <= length ? key : key[..length].TrimEnd('-');

    [GeneratedRegex("^[a-z0-9][a-z0-9_-]*\\z")]
    private static partial Regex Form();

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex Others();
}
