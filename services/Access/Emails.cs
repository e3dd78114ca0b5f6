using Journeys.BuildingBlocks;

namespace Journeys.Access;

/// <summary>Checks and normalizes e-mail addresses.</summary>
public static class Emails
{
    /// <summary>Maximum number of characters in an address, which is the limit of SMTP.</summary>
    public const int MaxLength = 254;

    const int MinLength = 3;

    /// <summary>Returns the address with ASCII letters in lower case.</summary>
    /// <remarks>
    /// Changes nothing else, because full case folding maps U+212A (the Kelvin sign) to `k` and would make different
    /// addresses equal.
    /// </remarks>
    public static string Normal(string email) => string.Create(email.Length, email, (signs, text) =>
    {
        for (var index = 0; index < signs.Length; index++)
            signs[index] = char.IsAsciiLetterUpper(text[index]) ? (char)(text[index] | 0x20) : text[index];
    });

    /// <summary>Checks an address and returns its normal form.</summary>
    /// <exception cref="InvalidInput">The text is not an e-mail address.</exception>
    public static string Check(string email, string field)
    {
        BuildingBlocks.Check.Text(email, MinLength, MaxLength, field);
        return IsOne(email) ? Normal(email) : throw new InvalidInput(field, "must be an e-mail address.");
    }

    /// <summary>
    /// Returns whether the text has one @ with characters on both sides, no invisible characters, and only one Unicode
    /// form.
    /// </summary>
    public static bool IsOne(string email)
    {
        var at = email.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && at == email.LastIndexOf('@') && at < email.Length - 1
            && !email.Any(sign => char.IsControl(sign) || char.IsWhiteSpace(sign) || char.IsSurrogate(sign)) && email.IsNormalized();
    }
}
