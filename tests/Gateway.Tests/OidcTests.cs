using System.Security.Cryptography;
using Dapper;
using Journeys.Testing;
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
    static readonly string[] Critical = ["bound"];

    readonly RSA rsa = RSA.Create(2048);
    readonly RSA newer = RSA.Create(2048);
    WebApplication issuer = null!;
    GatewayUnderTest gateway = null!;

    // What the issuer tells; changed by tests.
    List<(string Id, RSA Key)> published = [];

    string Authority => issuer.Urls.First();

    public async Task InitializeAsync()
    {
        published = [("one", rsa)];
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        issuer = builder.Build();
        issuer.MapGet("/.well-known/openid-configuration", () => new { issuer = Authority, jwks_uri = $"{Authority}/keys" });
        issuer.MapGet("/keys", () => Results.Json(new { keys = published.Select(each => Published(each.Id, each.Key)) }));
        await issuer.StartAsync();
        gateway = await StartAsync("--Access:Oidc:KeysSeconds=1", "--Access:CacheSeconds=0");
    }

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        await issuer.DisposeAsync();
        rsa.Dispose();
        newer.Dispose();
    }

    [Fact]
    public async Task A_token_of_the_issuer_stands_for_the_member_with_its_e_mail()
    {
        var member = await CallAsync(Token(GatewayUnderTest.AdminEmail));
        var stranger = await CallAsync(Token("stranger@example.com", subject: "2"));
        var elsewhere = await CallAsync(Token(GatewayUnderTest.AdminEmail, audience: "another-app"));
        using var forger = RSA.Create(2048);
        var forged = await CallAsync(Token(GatewayUnderTest.AdminEmail, signer: forger));
        var critical = await CallAsync(Token(GatewayUnderTest.AdminEmail, critical: true));

        Assert.Equal(200, member.Status);
        Assert.Equal((403, "NOT_A_MEMBER"), (stranger.Status, stranger.Reason));
        Assert.All([elsewhere, forged, critical], reply => Assert.Equal((401, "INVALID_TOKEN"), (reply.Status, reply.Reason)));
    }

    public static TheoryData<object?> NotVerified => [null, false, "false", "False", "no", 0, "1", 1];

    [Theory]
    [MemberData(nameof(NotVerified))]
    public async Task An_e_mail_that_the_issuer_did_not_verify_is_nobodys(object? verified)
    {
        var reply = await CallAsync(Token(GatewayUnderTest.AdminEmail, verified));

        Assert.Equal((403, "NOT_A_MEMBER"), (reply.Status, reply.Reason));
    }

    [Theory]
    [InlineData(true)]
    [InlineData("true")]
    public async Task An_e_mail_counts_once_then_the_subject_does(object verified)
    {
        await gateway.JoinAsync("ada@example.com", "VIEWER", "a long and odd password");

        var first = await CallAsync(Token("ada@example.com", verified, subject: "ada"));
        var moved = await CallAsync(Token("ada@elsewhere.example", verified: false, subject: "ada"));
        var another = await CallAsync(Token("ada@example.com", verified, subject: "not ada"));

        Assert.Equal((200, 200), (first.Status, moved.Status));
        Assert.Equal((403, "NOT_A_MEMBER"), (another.Status, another.Reason));
    }

    [Fact]
    public async Task First_calls_at_once_are_one_persons()
    {
        await gateway.JoinAsync("many@example.com", "VIEWER", "a long and odd password");
        var token = Token("many@example.com", subject: "many");

        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CallAsync(token)));

        Assert.All(replies, reply => Assert.Equal(200, reply.Status));
    }

    [Fact]
    public async Task The_first_verified_token_takes_the_account_from_who_chose_its_password_and_authenticator()
    {
        var squatter = await gateway.JoinAsync("cfo@example.com", "VIEWER", "a long and odd password");
        var app = await gateway.CallAsync("POST", "/api/account/authenticator", new { password = "a long and odd password" }, null, squatter.Bearer());

        var owner = await CallAsync(Token("cfo@example.com", subject: "cfo"));
        var session = await gateway.CallAsync("GET", "/api/session", key: null, headers: squatter.Bearer());
        var password = await gateway.CallAsync("POST", "/api/session", new { email = "cfo@example.com", password = "a long and odd password" }, null);

        Assert.Equal((200, 200, 401, 401), (app.Status, owner.Status, session.Status, password.Status));
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>("select count(*) from access.authenticator"));
        var log = await gateway.CallAsync("GET", "/api/audit?action=ClaimAccount&actor=cfo@example.com");
        Assert.Equal("OK", Assert.Single(log.Json.GetProperty("entries").EnumerateArray()).GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task An_e_mail_that_only_looks_alike_is_another()
    {
        await gateway.JoinAsync("kim@example.com", "VIEWER", "a long and odd password");

        // U+212A, which full case folding makes a k.
        var reply = await CallAsync(Token("\u212Aim@example.com", subject: "kelvin"));
        var upper = await CallAsync(Token("KIM@example.com", subject: "kim"));

        Assert.Equal((403, "NOT_A_MEMBER"), (reply.Status, reply.Reason));
        Assert.Equal(200, upper.Status);
    }

    [Fact]
    public async Task Who_has_no_account_yet_accepts_an_invitation_and_nothing_else()
    {
        var invited = await gateway.CallAsync("POST", $"/api/sites/{await gateway.SiteIdAsync()}/members", new { email = "new@example.com", name = "Nora", role = "EDITOR" });
        var body = new { token = GatewayAccess.TokenOf(invited) };
        (string, string) As(string email, object? verified, string subject) => ("Authorization", $"Bearer {Token(email, verified, subject: subject)}");

        var who = await gateway.CallAsync("GET", "/api/session", key: null, headers: As("new@example.com", true, "nora"));
        var unverified = await gateway.CallAsync("POST", "/api/invitations/join", body, null, As("new@example.com", false, "x"));
        var another = await gateway.CallAsync("POST", "/api/invitations/join", body, null, As("other@example.com", true, "y"));
        var sdk = await gateway.CallAsync("POST", "/sdk/identify", """{"userId":"u1"}""", null, As("new@example.com", true, "nora"));
        var joined = await gateway.CallAsync("POST", "/api/invitations/join", body, null, As("new@example.com", true, "nora"));
        var works = await CallAsync(Token("new@example.com", subject: "nora"));

        Assert.Equal(("new@example.com", ""), (who.Json.GetProperty("member").GetProperty("email").GetString(), who.Json.GetProperty("member").GetProperty("id").GetString()));
        Assert.All([unverified, another], reply => Assert.Equal((400, "INVITATION_OF_ANOTHER"), (reply.Status, reply.Reason)));
        Assert.Equal((403, "NOT_A_MEMBER"), (sdk.Status, sdk.Reason));
        Assert.Equal((200, 200), (joined.Status, works.Status));
        Assert.Equal("Nora", joined.Json.GetProperty("member").GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_new_signing_key_is_fetched_and_a_withdrawn_one_soon_worthless()
    {
        Assert.Equal(200, (await CallAsync(Token(GatewayUnderTest.AdminEmail))).Status);

        published = [("two", newer)];

        await Eventually.Equal(200, async () => (await CallAsync(Token(GatewayUnderTest.AdminEmail, signer: newer, keyId: "two"))).Status, "the status with the new key");
        await Eventually.Equal(401, async () => (await CallAsync(Token(GatewayUnderTest.AdminEmail))).Status, "the status with the withdrawn key");
    }

    [Fact]
    public async Task A_sign_in_is_in_the_audit_log_once_however_many_calls_and_tokens_follow()
    {
        var now = DateTimeOffset.UtcNow;
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => CallAsync(Token(GatewayUnderTest.AdminEmail))));
        await CallAsync(Token(GatewayUnderTest.AdminEmail, signedInAt: now.AddMinutes(5)));
        await CallAsync(Token("stranger@example.com", subject: "2"));

        Assert.Single(await SignInsAsync());

        await CallAsync(Token(GatewayUnderTest.AdminEmail, signedInAt: now.AddHours(2)));

        Assert.Equal(2, (await SignInsAsync()).Count);

        async Task<IReadOnlyList<string>> SignInsAsync()
        {
            var log = await gateway.CallAsync("GET", $"/api/audit?action=IssuerSignIn&actor={GatewayUnderTest.AdminEmail}");
            return [.. log.Json.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("outcome").GetString()!)];
        }
    }

    [Fact]
    public async Task Passwords_can_be_switched_off()
    {
        await using var strict = await StartAsync("--Access:PasswordSignIn=false", "--Access:Bootstrap:AdminPassword=");

        var options = await strict.CallAsync("GET", "/api/sign-in-options", key: null);
        var signIn = await strict.CallAsync("POST", "/api/session", new { email = GatewayUnderTest.AdminEmail, password = "x" }, key: null);
        var reset = await strict.CallAsync("POST", "/api/password-resets", new { email = GatewayUnderTest.AdminEmail }, key: null);
        var accept = await strict.CallAsync("POST", "/api/invitations/accept", new { token = "iv_x", name = "A", password = "a long and odd password" }, key: null);
        var byIssuer = await strict.CallAsync("GET", "/api/journeys", key: null, headers: ("Authorization", $"Bearer {Token(GatewayUnderTest.AdminEmail)}"));

        Assert.Equal(("False", "False", Authority), (options["password"], options["passwordReset"], options["issuer"]));
        Assert.All([signIn, reset, accept], reply => Assert.Equal((400, "PASSWORD_SIGN_IN_OFF"), (reply.Status, reply.Reason)));
        Assert.Equal(200, byIssuer.Status);
    }

    [Fact]
    public async Task An_issuer_that_does_not_verify_can_be_believed_by_setting_but_never_against_its_word()
    {
        await using var trusting = await StartAsync("--Access:Oidc:RequireVerifiedEmail=false");
        Task<Reply> With(object? verified, string subject) =>
            trusting.CallAsync("GET", "/api/journeys", key: null, headers: ("Authorization", $"Bearer {Token(GatewayUnderTest.AdminEmail, verified, subject: subject)}"));

        Assert.Equal(403, (await With(false, "1")).Status);
        Assert.Equal(200, (await With(null, "2")).Status);
    }

    Task<GatewayUnderTest> StartAsync(params string[] settings) => GatewayUnderTest.StartAsync(
        [$"--Access:Oidc:Authority={Authority}", "--Access:Oidc:Audience=journeys-dashboard", .. settings]);

    Task<Reply> CallAsync(string token) => gateway.CallAsync("GET", "/api/journeys", key: null, headers: ("Authorization", $"Bearer {token}"));

    static object Published(string id, RSA rsa)
    {
        var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(rsa.ExportParameters(false)) { KeyId = id });
        return new { kty = key.Kty, kid = key.Kid, n = key.N, e = key.E, use = "sig" };
    }

    string Token(
        string email, object? verified, string audience = "journeys-dashboard", RSA? signer = null, string keyId = "one", string subject = "1", bool critical = false,
        DateTimeOffset? signedInAt = null)
    {
        var claims = new Dictionary<string, object> { ["sub"] = subject, ["email"] = email };
        if (signedInAt is { } time)
            claims["auth_time"] = time.ToUnixTimeSeconds();
        if (verified is not null)
            claims["email_verified"] = verified;
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Authority,
            Audience = audience,
            Expires = DateTime.UtcNow.AddMinutes(5),
            Claims = claims,
            AdditionalHeaderClaims = critical ? new Dictionary<string, object> { ["crit"] = Critical, ["bound"] = true } : null,
            SigningCredentials = new SigningCredentials(new RsaSecurityKey(signer ?? rsa) { KeyId = keyId }, SecurityAlgorithms.RsaSha256),
        });
    }

    string Token(
        string email, string audience = "journeys-dashboard", RSA? signer = null, string keyId = "one", string subject = "1", bool critical = false,
        DateTimeOffset? signedInAt = null) =>
        Token(email, verified: true, audience, signer, keyId, subject, critical, signedInAt);
}
