using Grpc.Core;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Journeys.Gateways;

/// <summary>Verifies tokens of the configured OpenID Connect issuer.</summary>
public sealed class Oidc
{
    readonly OidcOptions options;
    readonly ConfigurationManager<OpenIdConnectConfiguration>? issuer;
    readonly JsonWebTokenHandler handler = new();

    public Oidc(IOptions<AccessOptions> access)
    {
        options = access.Value.Oidc;
        if (options.Authority.Length == 0)
            return;

        issuer = new ConfigurationManager<OpenIdConnectConfiguration>(
            $"{options.Authority.TrimEnd('/')}/.well-known/openid-configuration",
            new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever { RequireHttps = !new Uri(options.Authority).IsLoopback });
    }

    public bool IsOn => issuer is not null;

    /// <summary>The e-mail that the token vouches for, in lower case; null when the token is not good.</summary>
    public async Task<string?> EmailOfAsync(string token)
    {
        var result = await handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ConfigurationManager = issuer ?? throw new InvalidOperationException("OIDC is not configured."),
            ValidAudience = options.Audience,
            // Never a symmetric algorithm: the issuer's keys are public.
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha512, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384],
        });
        if (!result.IsValid)
        {
            if (result.Exception is InvalidOperationException)
                throw new Refusal(StatusCode.Unavailable, "ISSUER_UNAVAILABLE", "The issuer of this token cannot be reached. Try again.");
            return null;
        }

        // An address that the issuer has not checked could be anybody's.
        return result.Claims.TryGetValue(options.EmailClaim, out var email) && email is string text
            && !(result.Claims.TryGetValue("email_verified", out var verified) && verified is false or "false")
                ? text.ToLowerInvariant()
                : null;
    }
}
