using System.Security.Cryptography;
using System.Text;

namespace Journeys.Access;

/// <summary>
/// Generates and hashes keys, session tokens and tokens of links. They are random, and only their hashes are stored.
/// </summary>
public static class Secret
{
    public const string SecretKey = "sk_";
    public const string PublishableKey = "pk_";
    public const string UserTokenKey = "ut_";
    public const string Session = "st_";
    public const string Invitation = "iv_";
    public const string PasswordReset = "pr_";

    /// <summary>Maximum number of characters of a token in a request; generated tokens are shorter.</summary>
    public const int MaxLength = 100;

    // 43 characters out of 62 hold 256 bits.
    const int Length = 43;
    const string Signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    public static string New(string prefix) => prefix + RandomNumberGenerator.GetString(Signs, Length);

    /// <summary>Returns a plain SHA-256. A slow hash is not needed, because nobody can guess 256 random bits.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>Returns the beginning of a key, by which people tell keys apart.</summary>
    public static string Shown(string secret) => secret[..Math.Min(secret.Length, 9)];
}
