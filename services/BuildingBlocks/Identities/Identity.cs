using System.Buffers.Text;
using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Grpc.Core;
using Journeys.Protos;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.BuildingBlocks.Identities;

/// <summary>The caller, as the gateway or another service vouches for it.</summary>
/// <param name="SiteId">The site on which the caller acts.</param>
/// <param name="Subject">The id of the member or key, or the name of the calling service.</param>
/// <param name="Role">What the caller may do.</param>
public sealed record Caller(Guid SiteId, string Subject, Role Role)
{
    /// <summary>
    /// The user for whom a page has proved to speak; empty when the page proved no user and may speak for visitors
    /// only; null where no proof is required.
    /// </summary>
    public string? ProvenUser { get; init; }
}

/// <summary>The settings under `Identity`.</summary>
public sealed record IdentityOptions
{
    /// <summary>Base64 of at least 32 random bytes, the same for the gateway and all services.</summary>
    [Required]
    public string SigningKey { get; init; } = "";

    /// <summary>
    /// Further keys whose tokens are accepted, separated by commas: the next or the previous key during a key rotation.
    /// </summary>
    public string AcceptedKeys { get; init; } = "";

    internal bool AreLongEnough() => Texts().All(
        text => Convert.TryFromBase64String(text, new byte[text.Length], out var length) && length >= 32);

    /// <summary>Returns the signing key first, then the other accepted ones.</summary>
    internal IReadOnlyList<SymmetricSecurityKey> Keys() => [.. Texts().Select(text => ToKey(Convert.FromBase64String(text)))];

    IEnumerable<string> Texts() =>
        AcceptedKeys.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Prepend(SigningKey);

    // The same in every program, so that a verifier finds the key by its id instead of trying each key.
    static SymmetricSecurityKey ToKey(byte[] bytes) => new(bytes) { KeyId = Base64Url.EncodeToString(SHA256.HashData(bytes).AsSpan(0, 9)) };
}

/// <summary>Signs and verifies the short-lived tokens that carry a <see cref="Caller"/> from gateway to service and between services.</summary>
public sealed class IdentityTokens(IOptions<IdentityOptions> options, TimeProvider time)
{
    /// <summary>Default lifetime of a token.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

    const string Audience = "journeys";

    // Allowed difference between the clocks of two machines.
    static readonly TimeSpan Skew = TimeSpan.FromSeconds(10);

    readonly JsonWebTokenHandler handler = new();
    readonly IReadOnlyList<SymmetricSecurityKey> keys = options.Value.Keys();

    /// <summary>
    /// Makes a token that is valid from now on for <paramref name="lifetime"/> (2 minutes when null).
    /// </summary>
    public string Sign(Caller caller, TimeSpan? lifetime = null)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var claims = new Dictionary<string, object>
        {
            ["site"] = caller.SiteId.ToString(),
            ["sub"] = caller.Subject,
            ["role"] = caller.Role.Text(),
        };
        if (caller.ProvenUser is { } user)
            claims["user"] = user;
        return handler.CreateToken(new SecurityTokenDescriptor
        {
            Audience = Audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + (lifetime ?? Lifetime),
            Claims = claims,
            SigningCredentials = new SigningCredentials(keys[0], SecurityAlgorithms.HmacSha256),
        });
    }

    /// <summary>Verifies a token and returns its caller.</summary>
    /// <exception cref="NotSignedIn">The token is forged, expired or malformed.</exception>
    public async Task<Caller> VerifyAsync(string token)
    {
        var result = await handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidAudience = Audience,
            ValidateIssuer = false,
            IssuerSigningKeys = keys,
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            LifetimeValidator = (notBefore, expires, _, _) => IsNow(notBefore, expires),
        });

        return result.IsValid && ToCaller((JsonWebToken)result.SecurityToken) is { } caller
            ? caller
            : throw new NotSignedIn("The identity token is not valid.");
    }

    bool IsNow(DateTime? notBefore, DateTime? expires)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return expires is { } end && now < end + Skew && (notBefore is not { } start || start - Skew <= now);
    }

    static Caller? ToCaller(JsonWebToken token) =>
        token.TryGetPayloadValue<string>("site", out var site) && Guid.TryParseExact(site, "D", out var siteId)
        && token.TryGetPayloadValue<string>("sub", out var subject)
        && token.TryGetPayloadValue<string>("role", out var name) && Enum.TryParse<Role>(name, ignoreCase: true, out var role)
        && role is > Role.Public and <= Role.Service
            ? new Caller(siteId, subject, role) { ProvenUser = token.TryGetPayloadValue<string>("user", out var user) ? user : null }
            : null;
}

/// <summary>
/// Reads the caller of an rpc. Throws <see cref="NotSignedIn"/> in a public rpc that was called without a token.
/// </summary>
public static class CallerExtensions
{
    internal const string StateKey = "journeys.caller";

    /// <summary>Returns the caller.</summary>
    public static Caller Caller(this ServerCallContext context) =>
        context.UserState.TryGetValue(StateKey, out var caller) ? (Caller)caller : throw new NotSignedIn("This call needs an identity token.");

    /// <summary>Returns the caller; null for a public call without a token.</summary>
    public static Caller? FindCaller(this ServerCallContext context) =>
        context.UserState.TryGetValue(StateKey, out var caller) ? (Caller)caller : null;

    /// <summary>Returns the site on which the caller acts.</summary>
    public static Guid SiteId(this ServerCallContext context) => context.Caller().SiteId;

    /// <summary>Returns the id of the member or key, or the name of the calling service.</summary>
    public static string Subject(this ServerCallContext context) => context.Caller().Subject;

    /// <summary>Returns the caller's role.</summary>
    public static Role Role(this ServerCallContext context) => context.Caller().Role;
}
