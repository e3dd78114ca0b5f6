using System.Security.Cryptography;
using System.Text;

namespace Journeys.Access;

/// <summary>Keys, session tokens and the tokens of links: random, and kept as a hash only.</summary>
public static class Secret
{
    public const string SecretKey = "sk_";
    public const string PublishableKey = "pk_";
    public const string UserTokenKey = "ut_";
    public const string Session = "st_";
    public const string Invitation = "iv_";
    public const string PasswordReset = "pr_";

    /// <summary>The most characters that are read as a token; ours have fewer.</summary>
    public const int MaxLength = 100;

    // 43 of 62 signs hold the 256 bits of 32 bytes.
    const int Length = 43;
    const string Signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    public static string New(string prefix) => prefix + RandomNumberGenerator.GetString(Signs, Length);

    /// <summary>A plain SHA-256 does: nobody guesses 256 random bits, so there is nothing to slow down.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>The beginning, by which people tell keys apart.</summary>
    public static string Shown(string secret) => secret[..Math.Min(secret.Length, 9)];
}
