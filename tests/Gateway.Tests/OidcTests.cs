using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Journeys.Gateways.Tests;

/// <summary>Sign-in by an OpenID Connect issuer, played by a small one of our own.</summary>
public sealed class OidcTests : IAsyncLifetime
{
    readonly RSA rsa = RSA.Create(2048);
    WebApplication issuer = null!;
    GatewayUnderTest gateway = null!;

    string Authority => issuer.Urls.First();

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        issuer = builder.Build();
        issuer.MapGet("/.well-known/openid-configuration", () => new { issuer = Authority, jwks_uri = $"{Authority}/keys" });
        var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(rsa.ExportParameters(false)) { KeyId = "one" });
        issuer.MapGet("/keys", () => Results.Json(new { keys = new[] { new { kty = key.Kty, kid = key.Kid, n = key.N, e = key.E, use = "sig" } } }));
        await issuer.StartAsync();
        gateway = await GatewayUnderTest.StartAsync($"--Access:Oidc:Authority={Authority}", "--Access:Oidc:Audience=journeys-dashboard");
    }

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        await issuer.DisposeAsync();
        rsa.Dispose();
    }

    [Fact]
    public async Task A_token_of_the_issuer_stands_for_the_member_with_its_e_mail()
    {
        var member = await CallAsync(Token(GatewayUnderTest.AdminEmail));
        var stranger = await CallAsync(Token("stranger@example.com"));
        var unverified = await CallAsync(Token(GatewayUnderTest.AdminEmail, verified: false));
        var elsewhere = await CallAsync(Token(GatewayUnderTest.AdminEmail, audience: "another-app"));
        using var forger = RSA.Create(2048);
        var forged = await CallAsync(Token(GatewayUnderTest.AdminEmail, signer: forger));

        Assert.Equal(200, member.Status);
        Assert.Equal((403, "NOT_A_MEMBER"), (stranger.Status, stranger.Reason));
        Assert.All([unverified, elsewhere, forged], reply => Assert.Equal((401, "INVALID_TOKEN"), (reply.Status, reply.Reason)));
    }

    Task<Reply> CallAsync(string token) => gateway.CallAsync("GET", "/api/journeys", key: null, headers: ("Authorization", $"Bearer {token}"));

    string Token(string email, bool verified = true, string audience = "journeys-dashboard", RSA? signer = null) =>
        new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Authority,
            Audience = audience,
            Expires = DateTime.UtcNow.AddMinutes(5),
            Claims = new Dictionary<string, object> { ["sub"] = "1", ["email"] = email, ["email_verified"] = verified },
            SigningCredentials = new SigningCredentials(new RsaSecurityKey(signer ?? rsa) { KeyId = "one" }, SecurityAlgorithms.RsaSha256),
        });
}
