using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace Journeys.Access.Callers;

/// <summary>
/// The key with which a site verifies user tokens: a shared secret, or the public half of a key pair.
/// </summary>
public sealed class VerificationKey : IDisposable
{
    /// <summary>Maximum number of characters in a key, also in PEM.</summary>
    public const int MaxLength = 10_000;

    const int MinSecretLength = 32;
    const int MinDifferent = 10;
    const int MinPeriod = 16;
    const int MinRsaBits = 2_048;

    readonly AsymmetricAlgorithm? pair;
    readonly string secret;

    VerificationKey(SecurityKey key, string algorithm, AsymmetricAlgorithm? pair, string secret = "")
    {
        (this.pair, this.secret) = (pair, secret);
        Key = key;
        // Keys of many sites have the same id (none), so a cached verifier must not outlive its key.
        Key.CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false };
        Algorithms = [algorithm];
    }

    public SecurityKey Key { get; }

    // Exactly one, because otherwise a public key could be used as a shared secret.
    public IReadOnlyList<string> Algorithms { get; }

    /// <exception cref="FormatException">The text is neither; the message says what it must be.</exception>
    public static VerificationKey Of(string text)
    {
        if (!text.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            return text.Length >= MinSecretLength
                ? new VerificationKey(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(text)), SecurityAlgorithms.HmacSha256, null, text)
                : throw new FormatException($"must have at least {MinSecretLength} characters, or be a PEM public key.");
        }

        if (!text.Contains("-----BEGIN PUBLIC KEY-----", StringComparison.Ordinal))
            throw new FormatException("must be a PEM public key (BEGIN PUBLIC KEY).");

        return TryRsa(text) ?? TryEc(text) ?? throw new FormatException("is neither an RSA nor a P-256, P-384 or P-521 public key.");
    }

    /// <summary>Checks a new key more strictly than a key that is in use.</summary>
    /// <exception cref="FormatException">
    /// The key could be guessed or broken; the message says what it must be.
    /// </exception>
    public void CheckStrength()
    {
        if (pair is RSA { KeySize: < MinRsaBits })
            throw new FormatException($"must be an RSA key of at least {MinRsaBits} bits.");
        if (pair is null && (secret.Distinct().Count() < MinDifferent || HasPeriod(secret)))
            throw new FormatException($"must be random: at least {MinDifferent} different characters, and no short text repeated.");
    }

    public void Dispose() => pair?.Dispose();

    static bool HasPeriod(string text) =>
        Enumerable.Range(1, MinPeriod - 1).Any(period => text[period..] == text[..^period]);

    static VerificationKey? TryRsa(string pem)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
            return new VerificationKey(new RsaSecurityKey(rsa), SecurityAlgorithms.RsaSha256, rsa);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            rsa.Dispose();
            return null;
        }
    }

    static VerificationKey? TryEc(string pem)
    {
        var ec = ECDsa.Create();
        try
        {
            ec.ImportFromPem(pem);
            if (AlgorithmOf(ec.ExportParameters(includePrivateParameters: false).Curve.Oid.Value) is { } algorithm)
                return new VerificationKey(new ECDsaSecurityKey(ec), algorithm, ec);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            // The key is not an elliptic curve key, or its curve is not supported.
        }

        ec.Dispose();
        return null;
    }

    // Selected by the curve instead of its size, because secp256k1 has as many bits as P-256.
    static string? AlgorithmOf(string? curve) => curve switch
    {
        "1.2.840.10045.3.1.7" => SecurityAlgorithms.EcdsaSha256,
        "1.3.132.0.34" => SecurityAlgorithms.EcdsaSha384,
        "1.3.132.0.35" => SecurityAlgorithms.EcdsaSha512,
        _ => null,
    };
}
