using System.Collections.Frozen;

namespace Journeys.Access.Accounts;

/// <summary>
/// Detects passwords that attackers try first, also with digits around them and letters replaced by digits.
/// </summary>
public static class CommonPasswords
{
    static readonly Lazy<FrozenSet<string>> Known = new(Read);

    /// <summary>Returns whether the password contains nothing but a common password.</summary>
    public static bool Contain(string password)
    {
        var lower = password.ToLowerInvariant();
        if (Known.Value.Contains(lower))
            return true;

        var core = Letters(lower.Trim(Around));
        return core.Length > 0 && (Known.Value.Contains(core) || IsRepeated(core, Known.Value.Contains));
    }

    /// <summary>Returns whether the text consists of one repeated part.</summary>
    public static bool IsRepeated(string text, Func<string, bool> part)
    {
        for (var length = 1; length <= text.Length / 2; length++)
        {
            if (text.Length % length == 0 && part(text[..length]) && text == string.Concat(Enumerable.Repeat(text[..length], text.Length / length)))
                return true;
        }

        return false;
    }

    static readonly char[] Around = [.. Enumerable.Range(' ', 127 - ' ').Select(sign => (char)sign).Where(sign => !char.IsAsciiLetter(sign))];

    static string Letters(string text) => string.Create(text.Length, text, (signs, from) =>
    {
        for (var index = 0; index < signs.Length; index++)
            signs[index] = "013457@$!".IndexOf(from[index], StringComparison.Ordinal) is var place and >= 0 ? "oieastasi"[place] : from[index];
    });

    static FrozenSet<string> Read()
    {
        using var reader = new StreamReader(typeof(CommonPasswords).Assembly.GetManifestResourceStream("common-passwords.txt")!);
        var passwords = new HashSet<string>(100_000, StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            passwords.Add(line);
            var word = Letters(line.Trim(Around));
            if (word.Length >= 4)
                passwords.Add(word);
        }

        return passwords.ToFrozenSet(StringComparer.Ordinal);
    }
}
