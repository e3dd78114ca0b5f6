using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Journeys.Access.Callers;

/// <summary>Verifies tokens of the configured OpenID Connect issuer.</summary>
public sealed class Oidc(IOptions<AccessOptions> access, IssuerKeys keys)
{
    readonly OidcOptions options = access.Value.Oidc;
    readonly JsonWebTokenHandler handler = new();

    public bool IsOn => options.Authority.Length > 0;

    /// <summary>For whom the token vouches; null when the token is not good.</summary>
    /// <exception cref="IssuerUnavailable">The issuer cannot be reached.</exception>
    public async Task<IssuedIdentity?> VerifyAsync(string token, CancellationToken ct)
    {
        // Anything may be sent; only a token is worth asking the issuer.
        if (!handler.CanReadToken(token))
            return null;

        var issuer = await keys.GetAsync(unlike: null, ct);
        var result = await ValidateAsync(token, issuer);
        // Perhaps it is signed with a key that is newer than what we know.
        if (result.Exception is SecurityTokenInvalidSignatureException && await keys.GetAsync(issuer, ct) is var newer && newer != issuer)
            result = await ValidateAsync(token, newer);
        return result.IsValid ? Read((JsonWebToken)result.SecurityToken) : null;
    }

    Task<TokenValidationResult> ValidateAsync(string token, OpenIdConnectConfiguration issuer) =>
        handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = issuer.Issuer,
            ValidAudience = options.Audience,
            IssuerSigningKeys = issuer.SigningKeys,
            // Never a symmetric algorithm: the issuer's keys are public.
            ValidAlgorithms =
            [
                SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha512, SecurityAlgorithms.RsaSsaPssSha256,
                SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384,
            ],
        });

    IssuedIdentity? Read(JsonWebToken token)
    {
        // A token with `crit` must be refused by a verifier that does not know the extensions it names, and this one knows none.
        if (token.TryGetHeaderValue<object>("crit", out _) || string.IsNullOrEmpty(token.Subject))
            return null;

        return new IssuedIdentity(token.Issuer, token.Subject, VerifiedEmail(token)) { SignedInAt = SignedInAt(token) };
    }

    static DateTimeOffset SignedInAt(JsonWebToken token) =>
        token.TryGetPayloadValue<long>("auth_time", out var seconds) && seconds is > 0 and < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : new DateTimeOffset(DateTime.SpecifyKind(token.IssuedAt == default ? token.ValidFrom : token.IssuedAt, DateTimeKind.Utc));

    // An address that the issuer has not checked could be anybody's.
    string VerifiedEmail(JsonWebToken token)
    {
        var isVerified = token.TryGetPayloadValue<object>("email_verified", out var claim)
            ? claim is true or "true"
            : !options.RequireVerifiedEmail;
        return isVerified && token.TryGetPayloadValue<object>(options.EmailClaim, out var value) && value is string email && Emails.IsOne(email)
            ? Emails.Normal(email)
            : "";
    }
}
