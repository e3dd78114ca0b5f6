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

    /// <summary>Verifies a token and returns its identity; null when the token is not valid.</summary>
    /// <exception cref="IssuerUnavailable">The issuer cannot be reached.</exception>
    public async Task<IssuedIdentity?> VerifyAsync(string token, CancellationToken ct)
    {
        // Only a well-formed token is worth a call to the issuer.
        if (!handler.CanReadToken(token))
            return null;

        var issuer = await keys.GetAsync(unlike: null, ct);
        var result = await ValidateAsync(token, issuer);
        // The token may be signed with a newer key than the cached ones.
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
            // No symmetric algorithms, because the issuer's keys are public.
            ValidAlgorithms =
            [
                SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha512, SecurityAlgorithms.RsaSsaPssSha256,
                SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384,
            ],
        });

    IssuedIdentity? Read(JsonWebToken token)
    {
        // A verifier must refuse a token with `crit` if it does not support the named extensions, and this one supports
        // none.
        if (token.TryGetHeaderValue<object>("crit", out _) || string.IsNullOrEmpty(token.Subject))
            return null;

        return new IssuedIdentity(token.Issuer, token.Subject, VerifiedEmail(token)) { SignedInAt = SignedInAt(token) };
    }

    static DateTimeOffset SignedInAt(JsonWebToken token) =>
        token.TryGetPayloadValue<long>("auth_time", out var seconds) && seconds is > 0 and < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : new DateTimeOffset(DateTime.SpecifyKind(token.IssuedAt == default ? token.ValidFrom : token.IssuedAt, DateTimeKind.Utc));

    // An address that the issuer has not verified could belong to anybody.
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
