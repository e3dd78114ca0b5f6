using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Dapper;

namespace Journeys.Gateways.Tests;

/// <summary>The session's cookie and what guards it, in cleartext and behind a proxy with TLS.</summary>
public sealed class CookieTests : IAsyncLifetime
{
    static readonly (string, string) ByTls = ("X-Forwarded-Proto", "https");

    GatewayUnderTest gateway = null!;

    public async Task InitializeAsync() => gateway = await GatewayUnderTest.StartAsync("--Gateway:TrustedProxies=127.0.0.0/8");

    public async Task DisposeAsync() => await gateway.DisposeAsync();

    [Fact]
    public async Task Who_has_the_key_of_the_services_cannot_make_a_csrf_token()
    {
        var session = await gateway.SignInAsync();
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        var id = await connection.QuerySingleAsync<Guid>("select session_id from access.session");
        var key = Convert.FromBase64String(GatewayUnderTest.SigningKey);
        string[] forged = [.. new[] { $"csrf {id}", $"{id}", "csrf" }.Select(text => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(text))))];
        Task<Reply> WriteAsync(string token) => gateway.CallAsync(
            "POST", "/api/journeys", "{}", null, ("Cookie", $"journeys_session={session["token"]}"), ("X-CSRF-Token", token));

        Assert.All(await Task.WhenAll(forged.Select(WriteAsync)), reply => Assert.Equal((403, "CSRF_TOKEN_MISSING"), (reply.Status, reply.Reason)));
        Assert.Equal(200, (await WriteAsync(session["csrfToken"])).Status);
    }

    [Fact]
    public async Task The_csrf_token_is_of_one_session_and_the_same_whenever_it_is_asked_for()
    {
        var (mine, other) = (await gateway.SignInAsync(), await gateway.SignInAsync());

        var again = await gateway.CallAsync("GET", "/api/session", null, null, ("Cookie", $"journeys_session={mine["token"]}"));
        var mixed = await gateway.CallAsync(
            "POST", "/api/journeys", "{}", null, ("Cookie", $"journeys_session={mine["token"]}"), ("X-CSRF-Token", other["csrfToken"]));

        Assert.Equal(mine["csrfToken"], again["csrfToken"]);
        Assert.Equal("CSRF_TOKEN_MISSING", mixed.Reason);
    }

    [Fact]
    public async Task By_TLS_the_cookie_is_one_that_no_other_host_can_set_and_browsers_stay_with_TLS()
    {
        var session = await SignInAsync(ByTls);

        Assert.Matches("^__Host-journeys_session=st_[0-9A-Za-z]{43}; Path=/; Expires=.*; HttpOnly; SameSite=Strict; Secure$", session.Header("Set-Cookie"));
        Assert.Equal("max-age=31536000", session.Header("Strict-Transport-Security"));
        var page = await gateway.CallAsync("GET", "/health/live", null, null, ByTls);
        Assert.Equal("max-age=31536000", page.Header("Strict-Transport-Security"));
        Assert.Equal(200, (await GetAsync(ByTls, "__Host-journeys_session", session)).Status);
        // A page on a subdomain can set one with this name, of a session of its own.
        Assert.Equal((401, "NO_CREDENTIALS"), await ReasonAsync(GetAsync(ByTls, "journeys_session", session)));
        var signedOut = await gateway.CallAsync(
            "DELETE", "/api/session", null, null, ByTls, ("Cookie", $"__Host-journeys_session={session["token"]}"), ("X-CSRF-Token", session["csrfToken"]));
        Assert.StartsWith("__Host-journeys_session=; Path=/; Max-Age=0", signedOut.Header("Set-Cookie"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_cleartext_everything_works_as_it_did()
    {
        var session = await SignInAsync(("X-Forwarded-Proto", "http"));

        Assert.Matches("^journeys_session=st_[0-9A-Za-z]{43}; Path=/; Expires=.*; HttpOnly; SameSite=Strict$", session.Header("Set-Cookie"));
        Assert.Null(session.Header("Strict-Transport-Security"));
        Assert.Equal(200, (await GetAsync(("X-Forwarded-Proto", "http"), "journeys_session", session)).Status);
    }

    [Fact]
    public async Task Nobody_but_a_trusted_proxy_says_that_it_was_TLS()
    {
        await using var untrusting = await GatewayUnderTest.StartAsync("--Gateway:TrustedProxies=10.0.0.0/8");

        var session = await untrusting.CallAsync(
            "POST", "/api/session", new { email = GatewayUnderTest.AdminEmail, password = GatewayUnderTest.AdminPassword }, null, ByTls);

        Assert.StartsWith("journeys_session=", session.Header("Set-Cookie"), StringComparison.Ordinal);
        Assert.Null(session.Header("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Staying_with_TLS_can_be_switched_off()
    {
        await using var off = await GatewayUnderTest.StartAsync("--Gateway:TrustedProxies=127.0.0.1", "--Gateway:HstsDays=0");

        Assert.Null((await off.CallAsync("GET", "/health/live", null, null, ByTls)).Header("Strict-Transport-Security"));
    }

    static async Task<(int, string)> ReasonAsync(Task<Reply> call)
    {
        var reply = await call;
        return (reply.Status, reply.Reason);
    }

    Task<Reply> SignInAsync((string, string) header) =>
        gateway.CallAsync("POST", "/api/session", new { email = GatewayUnderTest.AdminEmail, password = GatewayUnderTest.AdminPassword }, null, header);

    Task<Reply> GetAsync((string, string) header, string cookie, Reply session) =>
        gateway.CallAsync("GET", "/api/session", null, null, header, ("Cookie", $"{cookie}={session["token"]}"));
}
