using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Journeys.Access.Callers;

/// <summary>Verifies that the customer's own server vouches for a `userId`.</summary>
public sealed class UserTokens(TimeProvider time)
{
    readonly JsonWebTokenHandler handler = new();

    /// <param name="userId">The user in the call; empty to accept any user.</param>
    /// <returns>The user in the token.</returns>
    /// <exception cref="Unauthenticated">There is no token, or it is not valid for this user.</exception>
    public async Task<string> CheckAsync(SiteRow site, string userId, string? token)
    {
        if (string.IsNullOrEmpty(token))
            throw new Unauthenticated("USER_TOKEN_REQUIRED", "This site requires a signed user token with every userId.");

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
        var isGood = result.IsValid && !((JsonWebToken)result.SecurityToken).TryGetHeaderValue<object>("crit", out _);
        var subject = isGood && result.Claims.TryGetValue(JwtRegisteredClaimNames.Sub, out var value) ? value as string : null;
        if (string.IsNullOrEmpty(subject) || (userId.Length > 0 && subject != userId))
            throw new Unauthenticated("USER_TOKEN_INVALID", "The user token is not valid for this userId.");
        return subject;
    }

    bool IsNow(DateTime? notBefore, DateTime? expires)
    {
        var skew = TimeSpan.FromSeconds(30);
        var now = time.GetUtcNow().UtcDateTime;
        return (notBefore is not { } start || start - skew <= now) && (expires is not { } end || now < end + skew);
    }
}
