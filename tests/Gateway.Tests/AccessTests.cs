using System.Text;
using Dapper;
using Grpc.Core;
using Grpc.Net.Client;
using Journeys.Protos.Access.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways.Tests;

public sealed class AccessTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    readonly GatewayUnderTest gateway = fixture.Gateway;

    [Fact]
    public async Task A_call_whose_answer_is_not_kept_refuses_the_Idempotency_Key_and_one_that_may_be_repeated_takes_it()
    {
        var site = await gateway.SiteIdAsync();
        (string Name, string Value)[] header = [("Idempotency-Key", "abc-1")];
        var keys = (await gateway.CallAsync("GET", $"/api/sites/{site}/keys")).Text;

        foreach (var (path, body) in new (string, object)[]
        {
            ("/api/sites", new { name = "Second" }),
            ($"/api/sites/{site}/keys", new { kind = "SECRET", role = "VIEWER", name = "backend" }),
            ($"/api/sites/{site}/members/{Guid.CreateVersion7()}/renew", new { }),
        })
        {
            var refused = await gateway.CallAsync("POST", path, body, headers: header);
            Assert.Equal((400, "INVALID_INPUT"), (refused.Status, refused.Reason));
            Assert.Equal(["Idempotency-Key"], refused.BlamedFields);
        }

        Assert.Equal(keys, (await gateway.CallAsync("GET", $"/api/sites/{site}/keys")).Text);
        Assert.Equal(200, (await gateway.CallAsync("PATCH", $"/api/sites/{site}", new { name = "First" }, headers: header)).Status);
        Assert.Equal(200, (await gateway.CallAsync("POST", $"/api/sites/{site}/keys", new { kind = "SECRET", role = "VIEWER", name = "backend" }, headers: [("Idempotency-Key", "")])).Status);
    }

    [Fact]
    public async Task Signing_in_gives_a_token_and_a_cookie_that_scripts_cannot_read()
    {
        var session = await gateway.SignInAsync();
        var who = await gateway.CallAsync("GET", "/api/session", key: null, headers: ("Authorization", $"Bearer {session["token"]}"));

        Assert.Matches("^journeys_session=st_[0-9A-Za-z]{43}; Path=/; Expires=.*; HttpOnly; SameSite=Strict$", session.Header("Set-Cookie"));
        Assert.Equal(GatewayUnderTest.AdminEmail, who.Json.GetProperty("member").GetProperty("email").GetString());
        Assert.Equal("ADMIN", who.Json.GetProperty("memberships")[0].GetProperty("role").GetString());
        Assert.Equal("", who["token"]);
    }

    [Fact]
    public async Task Another_program_of_this_machine_cannot_call_the_access_service_past_the_gateway()
    {
        using var channel = GrpcChannel.ForAddress(gateway.Services.GetRequiredService<AccessSocket>().Address);
        var access = new AccessService.AccessServiceClient(channel);
        var signIn = new CreateSessionRequest { Email = GatewayUnderTest.AdminEmail, Password = GatewayUnderTest.AdminPassword };
        Metadata[] headers = [[], new() { { "x-forwarded-for", "6.6.6.6" }, { AccessSocket.WordHeader, "guessed" } }];

        foreach (var each in headers)
        {
            var refused = await Assert.ThrowsAsync<RpcException>(async () => await access.CreateSessionAsync(signIn, each));
            Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
        }
    }

    [Fact]
    public async Task A_cookie_alone_reads_but_changes_nothing()
    {
        var session = await gateway.SignInAsync();
        var cookie = ("Cookie", $"journeys_session={session["token"]}");

        var read = await gateway.CallAsync("GET", "/api/journeys", key: null, headers: cookie);
        var forged = await gateway.CallAsync("POST", "/api/journeys", "{}", null, cookie);
        var wrong = await gateway.CallAsync("POST", "/api/journeys", "{}", null, cookie, ("X-CSRF-Token", "guess"));
        var meant = await gateway.CallAsync("POST", "/api/journeys", "{}", null, cookie, ("X-CSRF-Token", session["csrfToken"]));

        Assert.Equal((200, 403, 403, 200), (read.Status, forged.Status, wrong.Status, meant.Status));
        Assert.Equal("CSRF_TOKEN_MISSING", forged.Reason);
    }

    [Fact]
    public async Task Signing_out_ends_the_session_and_the_cookie()
    {
        var session = await gateway.SignInAsync();
        var bearer = ("Authorization", $"Bearer {session["token"]}");

        var signedOut = await gateway.CallAsync("DELETE", "/api/session", key: null, headers: bearer);
        var after = await gateway.CallAsync("GET", "/api/session", key: null, headers: bearer);

        Assert.Contains("journeys_session=; Path=/; Max-Age=0", signedOut.Header("Set-Cookie"), StringComparison.Ordinal);
        Assert.Equal((200, 401, "SESSION_ENDED"), (signedOut.Status, after.Status, after.Reason));
        Assert.Equal("Bearer", after.Header("WWW-Authenticate"));
    }

    [Theory]
    [InlineData("sk_wrong", "INVALID_KEY")]
    [InlineData("pk_wrong", "INVALID_KEY")]
    [InlineData("st_wrong", "SESSION_ENDED")]
    [InlineData("a.b.c", "INVALID_TOKEN")]
    public async Task Wrong_credentials_are_a_401(string key, string reason)
    {
        var reply = await gateway.CallAsync("GET", "/api/journeys", key: key);

        Assert.Equal((401, reason), (reply.Status, reply.Reason));
    }

    [Fact]
    public async Task A_key_is_shown_once_kept_as_a_hash_and_worthless_when_revoked()
    {
        var keys = $"/api/sites/{await gateway.SiteIdAsync()}/keys";
        var created = await gateway.CallAsync("POST", keys, new { kind = "SECRET", name = "backend" });
        var before = await gateway.CallAsync("POST", "/api/journeys", "{}", created["secret"]);
        var listed = await gateway.CallAsync("GET", keys);
        var revoked = await gateway.CallAsync("DELETE", $"{keys}/{created["id"]}");
        var repeated = await gateway.CallAsync("DELETE", $"{keys}/{created["id"]}");
        var after = await gateway.CallAsync("GET", "/api/journeys", key: created["secret"]);

        Assert.Matches("^sk_[0-9A-Za-z]{43}$", created["secret"]);
        Assert.Equal("EDITOR", created["role"]);
        Assert.DoesNotContain(created["secret"], listed.Text, StringComparison.Ordinal);
        Assert.Equal((200, 200, 200, 401, "KEY_REVOKED"), (before.Status, revoked.Status, repeated.Status, after.Status, after.Reason));
    }

    [Fact]
    public async Task The_last_use_of_a_key_and_the_first_event_of_a_site_are_written_down()
    {
        await gateway.CallAsync("POST", "/sdk/events", """{"userId":"u1","events":[]}""", GatewayUnderTest.PublishableKey);

        await gateway.Services.GetRequiredService<KeyUse>().RunOnceAsync(default);

        var siteId = await gateway.SiteIdAsync();
        var keys = await gateway.CallAsync("GET", $"/api/sites/{siteId}/keys");
        Assert.Contains(keys.Json.GetProperty("keys").EnumerateArray(), key => key.GetProperty("kind").GetString() == "PUBLISHABLE" && key.TryGetProperty("useTime", out _));
        Assert.True((await gateway.CallAsync("GET", $"/api/sites/{siteId}")).Json.TryGetProperty("firstEventTime", out _));
    }

    [Fact]
    public async Task A_publishable_key_is_understood_in_header_address_and_body()
    {
        const string key = GatewayUnderTest.PublishableKey;

        var header = await gateway.CallAsync("GET", "/sdk/journeys?userId=u1", key: key);
        var address = await gateway.CallAsync("GET", $"/sdk/journeys?userId=u1&apiKey={key}", key: null);
        var beacon = await gateway.CallAsync("POST", "/sdk/events", new StringContent($$"""{"userId":"u1","events":[{"name":"page"}],"_apiKey":"{{key}}"}""", Encoding.UTF8, "text/plain"), null);
        var nested = await gateway.CallAsync("POST", "/sdk/identify", $$$"""{"userId":"u1","traits":{"_apiKey":"{{{key}}}"}}""", null);
        var secretInAddress = await gateway.CallAsync("GET", $"/sdk/journeys?userId=u1&apiKey={GatewayUnderTest.SecretKey}", key: null);

        Assert.Equal((200, 200, 200), (header.Status, address.Status, beacon.Status));
        Assert.Equal((401, "NO_CREDENTIALS"), (nested.Status, nested.Reason));
        Assert.Equal((401, "SECRET_IN_ADDRESS"), (secretInAddress.Status, secretInAddress.Reason));
    }

    [Fact]
    public async Task Members_are_changed_and_removed_but_the_last_admin_stays()
    {
        var members = $"/api/sites/{await gateway.SiteIdAsync()}/members";
        var session = await gateway.JoinAsync("Eve@Example.com", "VIEWER", "a long and odd password");
        var id = session.Json.GetProperty("member").GetProperty("id").GetString();
        var tooLow = await gateway.CallAsync("POST", "/api/journeys", "{}", null, session.Bearer());
        var raised = await gateway.CallAsync("PATCH", $"{members}/{id}", new { role = "EDITOR" });
        var enough = await gateway.CallAsync("POST", "/api/journeys", "{}", null, session.Bearer());
        var all = await gateway.CallAsync("GET", members);
        var admin = all.Json.GetProperty("members").EnumerateArray().Single(member => member.GetProperty("role").GetString() == "ADMIN").GetProperty("id").GetString();
        var removed = await gateway.CallAsync("DELETE", $"{members}/{id}");
        var last = await gateway.CallAsync("DELETE", $"{members}/{admin}");
        var lowered = await gateway.CallAsync("PATCH", $"{members}/{admin}", new { role = "VIEWER" });

        Assert.Equal((403, 200, 200), (tooLow.Status, raised.Status, enough.Status));
        Assert.Equal(("eve@example.com", "MEMBER"), (raised["email"], raised["state"]));
        Assert.Equal(200, removed.Status);
        Assert.Equal((400, "LAST_ADMIN"), (last.Status, last.Reason));
        Assert.Equal((400, "LAST_ADMIN"), (lowered.Status, lowered.Reason));
    }

    [Fact]
    public async Task Who_belongs_to_no_site_has_an_account_and_nothing_else()
    {
        var session = await gateway.JoinAsync("homeless@example.com", "EDITOR", "a long and odd password");
        var id = session.Json.GetProperty("member").GetProperty("id").GetString();
        await gateway.CallAsync("DELETE", $"/api/sites/{await gateway.SiteIdAsync()}/members/{id}");
        var arrivals = gateway.Peer.Arrivals.Count;

        var page = await gateway.CallAsync("POST", "/sdk/identify", """{"userId":"u1","traits":{"plan":"x"}}""", null, session.Bearer());
        var reads = await gateway.CallAsync("GET", "/api/users", key: null, headers: session.Bearer());
        var sites = await gateway.CallAsync("GET", "/api/sites", key: null, headers: session.Bearer());
        var who = await gateway.CallAsync("GET", "/api/session", key: null, headers: session.Bearer());

        Assert.All([page, reads, sites], reply => Assert.Equal((403, "NO_SITE"), (reply.Status, reply.Reason)));
        Assert.Equal(arrivals, gateway.Peer.Arrivals.Count);
        Assert.Equal((200, 0), (who.Status, who.Json.GetProperty("memberships").GetArrayLength()));
    }

    [Fact]
    public async Task A_member_of_two_sites_chooses_one_by_header()
    {
        var session = await gateway.SignInAsync();
        var bearer = ("Authorization", $"Bearer {session["token"]}");
        var created = await gateway.CallAsync("POST", "/api/sites", """{"name":"Second","allowedOrigins":["https://a.example"]}""", null, bearer);

        await gateway.CallAsync("GET", "/api/journeys", key: null, headers: bearer);
        var first = gateway.Peer.Last.Caller!;
        await gateway.CallAsync("GET", "/api/journeys", key: null, headers: [bearer, ("X-Site-Id", created["id"])]);
        var second = gateway.Peer.Last.Caller!;
        var keysThere = await gateway.CallAsync("GET", $"/api/sites/{created["id"]}/keys", key: null, headers: bearer);
        var byKey = await gateway.CallAsync("GET", $"/api/sites/{created["id"]}");

        Assert.Equal(await gateway.SiteIdAsync(), first.SiteId.ToString());
        Assert.Equal(created["id"], second.SiteId.ToString());
        Assert.Equal(Role.Admin, second.Role);
        Assert.Equal((200, 404), (keysThere.Status, byKey.Status));
    }

    [Fact]
    public async Task A_new_site_requires_user_tokens_and_its_creator_gets_the_key_once()
    {
        var session = await gateway.SignInAsync();
        var bearer = session.Bearer();

        var safe = await gateway.CallAsync("POST", "/api/sites", new { name = "Safe" }, null, bearer);
        var read = await gateway.CallAsync("GET", $"/api/sites/{safe["id"]}", null, null, bearer, ("X-Site-Id", safe["id"]));
        var open = await gateway.CallAsync("POST", "/api/sites", new { name = "Open", requireUserToken = false }, null, bearer);
        var key = (await gateway.CallAsync("POST", $"/api/sites/{safe["id"]}/keys", new { kind = "PUBLISHABLE", name = "page" }, null, bearer))["secret"];
        var token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Claims = new Dictionary<string, object> { ["sub"] = "u1" },
            SigningCredentials = new(new SymmetricSecurityKey(System.Text.Encoding.UTF8.GetBytes(safe["userTokenKey"])), SecurityAlgorithms.HmacSha256),
        });
        var user = await gateway.CallAsync("POST", "/sdk/identify", """{"userId":"u1"}""", key);
        var signed = await gateway.CallAsync("POST", "/sdk/identify", """{"userId":"u1"}""", key, ("X-User-Token", token));
        var visitor = await gateway.CallAsync("POST", "/sdk/identify", """{"anonymousId":"v1"}""", key);

        Assert.Equal(("True", "True", ""), (read["requireUserToken"], read["hasUserTokenKey"], read["userTokenKey"]));
        Assert.Equal(("False", "False", ""), (open["requireUserToken"], open["hasUserTokenKey"], open["userTokenKey"]));
        Assert.Equal((401, "USER_TOKEN_REQUIRED"), (user.Status, user.Reason));
        Assert.Equal((200, 200), (signed.Status, visitor.Status));
    }

    [Fact]
    public async Task The_first_site_requires_user_tokens_where_the_operator_gives_a_key()
    {
        await using var own = await GatewayUnderTest.StartAsync("--Access:Bootstrap:UserTokenKey=the operator's own secret, 32+ characters");

        var user = await own.CallAsync("POST", "/sdk/identify", """{"userId":"u1"}""", GatewayUnderTest.PublishableKey);

        Assert.Equal((401, "USER_TOKEN_REQUIRED"), (user.Status, user.Reason));
    }

    [Theory]
    [InlineData("""{"name":""}""", "name")]
    [InlineData("""{"allowedOrigins":{"origins":["https://a.example/path"]}}""", "allowedOrigins.origins[0]")]
    [InlineData("""{"userTokenKey":"short"}""", "userTokenKey")]
    [InlineData("""{"userTokenKey":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""", "userTokenKey")]
    [InlineData("""{"userTokenKey":"password12password12password12password12"}""", "userTokenKey")]
    public async Task A_site_is_checked(string change, string field)
    {
        var reply = await gateway.CallAsync("PATCH", $"/api/sites/{await gateway.SiteIdAsync()}", change);

        Assert.Equal((400, field), (reply.Status, reply.BlamedFields.Single()));
    }

    [Fact]
    public async Task Starting_again_changes_nothing_of_what_the_first_start_made()
    {
        var before = await gateway.CallAsync("GET", "/api/session");

        await gateway.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<Bootstrap>().Single().StartAsync(default);

        Assert.Equal(before.Text, (await gateway.CallAsync("GET", "/api/session")).Text);
    }

    [Fact]
    public async Task An_admin_of_the_first_start_is_not_who_chose_the_password_of_that_address_before()
    {
        const string email = "cfo@example.com";
        var squatter = await gateway.JoinAsync(email, "VIEWER", "a long and odd password");
        await gateway.CallAsync("POST", "/api/account/authenticator", new { password = "a long and odd password" }, null, squatter.Bearer());
        var wanted = new BootstrapOptions { SiteName = "Head office", AdminEmail = email, AdminPassword = "what the operator chose" };
        var services = gateway.Services;
        var bootstrap = ActivatorUtilities.CreateInstance<Bootstrap>(services, Microsoft.Extensions.Options.Options.Create(new AccessOptions { Bootstrap = wanted }));

        await bootstrap.StartAsync(default);
        await bootstrap.StartAsync(default);

        var left = await SessionsAsync(email);
        var old = await gateway.CallAsync("POST", "/api/session", new { email, password = "a long and odd password" }, key: null);
        var admin = await gateway.SignInAsync(email, wanted.AdminPassword);
        Assert.Equal((0, 401), (left, old.Status));
        Assert.Contains("Head office", admin.Text, StringComparison.Ordinal);
    }

    async Task<int> SessionsAsync(string email)
    {
        const string sql = "select count(*)::integer from access.session join access.member using (member_id) where email = @email";

        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>(sql, new { email });
    }
}
