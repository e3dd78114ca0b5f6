using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Journeys.Gateways;

/// <summary>Verifies that the customer's own server vouches for a `userId`.</summary>
public sealed class UserTokens(TimeProvider time)
{
    readonly JsonWebTokenHandler handler = new();

    /// <exception cref="Refusal">There is no token, or it is not this user's.</exception>
    public async Task CheckAsync(SiteRow site, string userId, string? token)
    {
        if (string.IsNullOrEmpty(token))
            throw new Refusal(StatusCode.Unauthenticated, "USER_TOKEN_REQUIRED", "This site asks for a signed user token with every userId.");

        using var key = VerificationKey.Of(site.UserTokenKey!);
        var result = await handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidateIssuer = false,
            ValidateAudience = false,
            RequireExpirationTime = false,
            LifetimeValidator = (notBefore, expires, _, _) => IsNow(notBefore, expires),
            IssuerSigningKey = key.Key,
            ValidAlgorithms = key.Algorithms,
        });
        if (!result.IsValid || !result.Claims.TryGetValue(JwtRegisteredClaimNames.Sub, out var subject) || !Equals(subject, userId))
            throw new Refusal(StatusCode.Unauthenticated, "USER_TOKEN_INVALID", "The user token is not a valid one for this userId.");
    }

    bool IsNow(DateTime? notBefore, DateTime? expires)
    {
        var skew = TimeSpan.FromSeconds(30);
        var now = time.GetUtcNow().UtcDateTime;
        return (notBefore is not { } start || start - skew <= now) && (expires is not { } end || now < end + skew);
    }
}

/// <summary>What a site verifies user tokens with: a shared secret, or the public half of a key pair.</summary>
public sealed class VerificationKey : IDisposable
{
    const int MinSecretLength = 32;

    readonly AsymmetricAlgorithm? pair;

    VerificationKey(SecurityKey key, string algorithm, AsymmetricAlgorithm? pair)
    {
        this.pair = pair;
        Key = key;
        // Keys of many sites share an id (none), so a verifier must not outlive its key in a cache.
        Key.CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false };
        Algorithms = [algorithm];
    }

    public SecurityKey Key { get; }

    // One only: else a public key could be taken for a shared secret.
    public IReadOnlyList<string> Algorithms { get; }

    /// <exception cref="FormatException">It is neither; the message says what it must be.</exception>
    public static VerificationKey Of(string text)
    {
        if (!text.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            return text.Length >= MinSecretLength
                ? new VerificationKey(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(text)), SecurityAlgorithms.HmacSha256, null)
                : throw new FormatException($"must have at least {MinSecretLength} characters, or be a PEM public key.");
        }

        if (!text.Contains("-----BEGIN PUBLIC KEY-----", StringComparison.Ordinal))
            throw new FormatException("must be a PEM public key (BEGIN PUBLIC KEY).");

        return TryRsa(text) ?? TryEc(text) ?? throw new FormatException("is neither an RSA nor a P-256 public key.");
    }

    public void Dispose() => pair?.Dispose();

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
            return new VerificationKey(new ECDsaSecurityKey(ec), SecurityAlgorithms.EcdsaSha256, ec);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            ec.Dispose();
            return null;
        }
    }
}
