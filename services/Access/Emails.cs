using Journeys.BuildingBlocks;

namespace Journeys.Access;

/// <summary>E-mail addresses as they are kept and compared.</summary>
public static class Emails
{
    /// <summary>The most characters of an address, which is what SMTP carries.</summary>
    public const int MaxLength = 254;

    const int MinLength = 3;

    /// <summary>The address with ASCII letters in lower case.</summary>
    /// <remarks>Never more: full case folding makes U+212A (the Kelvin sign) a `k`, and somebody else's address one of ours.</remarks>
    public static string Normal(string email) => string.Create(email.Length, email, (signs, text) =>
    {
        for (var index = 0; index < signs.Length; index++)
            signs[index] = char.IsAsciiLetterUpper(text[index]) ? (char)(text[index] | 0x20) : text[index];
    });

    /// <summary>The normal form of what should be an address.</summary>
    /// <exception cref="InvalidInput">The text is not an e-mail address.</exception>
    public static string Check(string email, string field)
    {
        BuildingBlocks.Check.Text(email, MinLength, MaxLength, field);
        return IsOne(email) ? Normal(email) : throw new InvalidInput(field, "must be an e-mail address.");
    }

    /// <summary>Whether it has one @ with something on both sides, nothing invisible, and only one way to be written.</summary>
    public static bool IsOne(string email)
    {
        var at = email.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && at == email.LastIndexOf('@') && at < email.Length - 1
            && !email.Any(sign => char.IsControl(sign) || char.IsWhiteSpace(sign) || char.IsSurrogate(sign)) && email.IsNormalized();
    }
}
