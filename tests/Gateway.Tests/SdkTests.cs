using System.Security.Cryptography;
using Journeys.Protos.Enrollment.V1;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Journeys.Gateways.Tests;

/// <summary>What is special below /sdk: pages of other origins, signed users, streams, limits.</summary>
public sealed class SdkTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    const string Key = GatewayUnderTest.PublishableKey;

    readonly GatewayUnderTest gateway = fixture.Gateway;

    [Fact]
    public async Task A_preflight_is_answered_without_a_key()
    {
        var reply = await gateway.CallAsync("OPTIONS", "/sdk/identify", key: null, headers: [("Origin", "https://app.example"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type,x-api-key")]);

        Assert.Equal(204, reply.Status);
        Assert.Equal("https://app.example", reply.Header("Access-Control-Allow-Origin"));
        Assert.Contains("X-API-Key", reply.Header("Access-Control-Allow-Headers"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_pages_of_allowed_origins_may_call()
    {
        await using var own = await GatewayUnderTest.StartAsync();
        await own.CallAsync("PATCH", $"/api/sites/{await own.SiteIdAsync()}", """{"allowedOrigins":{"origins":["https://app.example"]}}""");

        var allowed = await own.CallAsync("GET", "/sdk/journeys?userId=u1", key: Key, headers: ("Origin", "https://app.example"));
        var foreign = await own.CallAsync("GET", "/sdk/journeys?userId=u1", key: Key, headers: ("Origin", "https://evil.example"));
        var ourOwn = await own.CallAsync("GET", "/sdk/journeys?userId=u1", key: Key, headers: ("Origin", own.Address.GetLeftPart(UriPartial.Authority)));
        var noPage = await own.CallAsync("GET", "/sdk/journeys?userId=u1", key: Key);

        Assert.Equal((200, 403, 200, 200), (allowed.Status, foreign.Status, ourOwn.Status, noPage.Status));
        Assert.Equal(("https://app.example", "Origin"), (allowed.Header("Access-Control-Allow-Origin"), allowed.Header("Vary")));
        Assert.Equal(("ORIGIN_NOT_ALLOWED", null), (foreign.Reason, foreign.Header("Access-Control-Allow-Origin")));
    }

    [Fact]
    public async Task Pages_of_other_origins_never_reach_the_api()
    {
        var reply = await gateway.CallAsync("GET", "/api/journeys", key: Key, headers: ("Origin", "https://app.example"));

        Assert.Null(reply.Header("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task A_site_may_ask_for_signed_users()
    {
        await using var own = await GatewayUnderTest.StartAsync();
        const string secret = "the customer's own secret, 32+ characters";
        await own.CallAsync("PATCH", $"/api/sites/{await own.SiteIdAsync()}", new { requireUserToken = true, userTokenKey = secret });
        var key = new SymmetricSecurityKey(System.Text.Encoding.UTF8.GetBytes(secret));
        var good = Token("u1", key, SecurityAlgorithms.HmacSha256);

        var without = await own.CallAsync("POST", "/sdk/identify", """{"userId":"u1"}""", Key);
        var inHeader = await own.CallAsync("POST", "/sdk/identify", """{"userId":"u1"}""", Key, ("X-User-Token", good));
        var inAddress = await own.CallAsync("GET", $"/sdk/journeys?userId=u1&userToken={good}", key: Key);
        var inBody = await own.CallAsync("POST", "/sdk/identify", $$"""{"userId":"u1","_userToken":"{{good}}"}""", Key);
        var otherUser = await own.CallAsync("POST", "/sdk/identify", """{"userId":"u2"}""", Key, ("X-User-Token", good));
        var otherKey = await own.CallAsync("POST", "/sdk/identify", """{"userId":"u1"}""", Key, ("X-User-Token", Token("u1", new SymmetricSecurityKey(new byte[32]), SecurityAlgorithms.HmacSha256)));
        var expired = await own.CallAsync("POST", "/sdk/identify", """{"userId":"u1"}""", Key, ("X-User-Token", Token("u1", key, SecurityAlgorithms.HmacSha256, DateTime.UtcNow.AddHours(-1))));
        var unsigned = await own.CallAsync("POST", "/sdk/identify", """{"userId":"u1"}""", Key, ("X-User-Token", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1MSJ9."));
        var anonymous = await own.CallAsync("POST", "/sdk/identify", """{"anonymousId":"a1"}""", Key);
        var server = await own.CallAsync("POST", "/sdk/identify", """{"userId":"u1"}""");

        Assert.Equal((401, "USER_TOKEN_REQUIRED"), (without.Status, without.Reason));
        Assert.Equal((200, 200, 200, 200), (inHeader.Status, inBody.Status, anonymous.Status, server.Status));
        Assert.Equal((401, "SECRET_IN_ADDRESS"), (inAddress.Status, inAddress.Reason));
        Assert.All([otherUser, otherKey, expired, unsigned], reply => Assert.Equal((401, "USER_TOKEN_INVALID"), (reply.Status, reply.Reason)));
    }

    [Fact]
    public async Task The_service_is_told_for_whom_a_page_has_proved_to_speak()
    {
        await using var own = await GatewayUnderTest.StartAsync();
        const string secret = "the customer's own secret, 32+ characters";
        var key = new SymmetricSecurityKey(System.Text.Encoding.UTF8.GetBytes(secret));
        var good = ("X-User-Token", Token("u1", key, SecurityAlgorithms.HmacSha256));
        var expired = ("X-User-Token", Token("u1", key, SecurityAlgorithms.HmacSha256, DateTime.UtcNow.AddHours(-1)));
        const string named = """{"userId":"u1","anonymousId":"v1"}""";
        const string visitor = """{"anonymousId":"v1"}""";

        Assert.Null(await ProvenAsync(visitor));
        Assert.Null(await ProvenAsync(named, ("X-User-Token", "nonsense")));
        await own.CallAsync("PATCH", $"/api/sites/{await own.SiteIdAsync()}", new { requireUserToken = true, userTokenKey = secret });

        Assert.Equal("", await ProvenAsync(visitor));
        Assert.Equal("u1", await ProvenAsync(visitor, good));
        Assert.Equal("u1", await ProvenAsync(named, good));
        Assert.Equal((401, "USER_TOKEN_INVALID"), await RefusalAsync(visitor, expired));
        // A server speaks for whom it likes.
        await own.CallAsync("POST", "/sdk/identify", visitor);
        Assert.Null(own.Peer.Last.Caller!.ProvenUser);

        async Task<string?> ProvenAsync(string body, params (string, string)[] headers)
        {
            Assert.Equal(200, (await own.CallAsync("POST", "/sdk/identify", body, Key, headers)).Status);
            return own.Peer.Last.Caller!.ProvenUser;
        }

        async Task<(int, string)> RefusalAsync(string body, params (string, string)[] headers)
        {
            var reply = await own.CallAsync("POST", "/sdk/identify", body, Key, headers);
            return (reply.Status, reply.Reason);
        }
    }

    [Fact]
    public async Task Users_may_be_signed_with_a_key_pair_of_which_we_have_the_public_half()
    {
        await using var own = await GatewayUnderTest.StartAsync();
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var larger = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var largest = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        using var rsa = RSA.Create(2048);
        var pairs = new (AsymmetricAlgorithm, SecurityKey, string)[]
        {
            (ec, new ECDsaSecurityKey(ec), SecurityAlgorithms.EcdsaSha256), (larger, new ECDsaSecurityKey(larger), SecurityAlgorithms.EcdsaSha384),
            (largest, new ECDsaSecurityKey(largest), SecurityAlgorithms.EcdsaSha512), (rsa, new RsaSecurityKey(rsa), SecurityAlgorithms.RsaSha256),
        };

        foreach (var (pair, key, algorithm) in pairs)
        {
            var pem = pair.ExportSubjectPublicKeyInfoPem();
            await own.CallAsync("PATCH", $"/api/sites/{await own.SiteIdAsync()}", new { requireUserToken = true, userTokenKey = pem });

            var good = await own.CallAsync("POST", "/sdk/identify", """{"userId":"u1"}""", Key, ("X-User-Token", Token("u1", key, algorithm)));
            // The public half is known to everybody, so it must never be taken for a shared secret.
            var confused = await own.CallAsync("POST", "/sdk/identify", """{"userId":"u1"}""", Key, ("X-User-Token", Token("u1", new SymmetricSecurityKey(System.Text.Encoding.UTF8.GetBytes(pem)), SecurityAlgorithms.HmacSha256)));

            Assert.Equal((200, 401), (good.Status, confused.Status));
        }
    }

    [Fact]
    public async Task A_key_pair_that_is_weak_or_unknown_is_refused_when_it_is_set()
    {
        using var weak = RSA.Create(1024);
        using var unknown = ECDsa.Create(ECCurve.CreateFromFriendlyName("secP256k1"));

        foreach (var pair in new AsymmetricAlgorithm[] { weak, unknown })
        {
            var reply = await gateway.CallAsync("PATCH", $"/api/sites/{await gateway.SiteIdAsync()}", new { userTokenKey = pair.ExportSubjectPublicKeyInfoPem() });

            Assert.Equal((400, "userTokenKey"), (reply.Status, reply.BlamedFields.Single()));
        }
    }

    [Fact]
    public async Task A_stream_becomes_server_sent_events_as_they_happen()
    {
        var gone = new TaskCompletionSource();
        gateway.Peer.Watch = async (request, events, context) =>
        {
            await events.WriteAsync(new WatchResponse { Kind = WatchResponse.Types.Kind.KeepAlive });
            await events.WriteAsync(new WatchResponse { Kind = WatchResponse.Types.Kind.Position, Position = new Position { JourneyId = request.UserId } });
            using var registration = context.CancellationToken.Register(gone.SetResult);
            await gone.Task;
        };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/sdk/stream?userId=u1&apiKey={Key}");

        var response = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var lines = new List<string?>();
        while (lines.Count < 7)
            lines.Add(await reader.ReadLineAsync());
        response.Dispose();

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal([": connected", "", ": keep-alive", "", "event: POSITION"], lines[..5]);
        Assert.StartsWith("data: { \"kind\": \"POSITION\", \"position\": { \"journeyId\": \"u1\"", lines[5], StringComparison.Ordinal);
        Assert.Equal("", lines[6]);
        await gone.Task.WaitAsync(TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task A_stream_that_is_refused_is_a_problem()
    {
        var reply = await gateway.CallAsync("GET", "/sdk/stream?userId=u1", key: "pk_wrong");

        Assert.Equal((401, "application/problem+json"), (reply.Status, reply.Header("Content-Type")));
    }

    [Fact]
    public async Task A_visitor_who_calls_too_often_is_told_when_to_come_back_and_others_are_not_hindered()
    {
        await using var own = await GatewayUnderTest.StartAsync("--RateLimits:PerVisitor=1", "--RateLimits:PerVisitorBurst=2");

        var replies = await AtOnceAsync(() => own.CallAsync("GET", "/sdk/journeys?userId=u1", key: Key));
        var other = await own.CallAsync("GET", "/sdk/journeys?userId=u2", key: Key);
        var server = await own.CallAsync("GET", "/sdk/journeys?userId=u1");

        AssertLimited(200, replies);
        Assert.Equal((200, 200), (other.Status, server.Status));
    }

    [Fact]
    public async Task A_key_and_a_guesser_have_limits_too()
    {
        await using var own = await GatewayUnderTest.StartAsync("--RateLimits:PerKey=1", "--RateLimits:PerKeyBurst=2", "--RateLimits:WrongKeys=1", "--RateLimits:WrongKeysBurst=2");

        var byKey = await AtOnceAsync(() => own.CallAsync("GET", "/api/journeys"));
        var byGuess = await AtOnceAsync(() => own.CallAsync("GET", "/api/journeys", key: "sk_guess"));

        AssertLimited(200, byKey);
        AssertLimited(401, byGuess);
    }

    // At once, because a limit of one a second forgives those who are slow.
    static Task<Reply[]> AtOnceAsync(Func<Task<Reply>> call) => Task.WhenAll(Enumerable.Range(0, 40).Select(_ => call()));

    static void AssertLimited(int allowed, Reply[] replies)
    {
        var refused = replies.Where(reply => reply.Status == 429).ToList();
        Assert.InRange(replies.Count(reply => reply.Status == allowed), 2, replies.Length - 1);
        Assert.Equal(replies.Length, refused.Count + replies.Count(reply => reply.Status == allowed));
        Assert.All(refused, reply => Assert.Equal(("TOO_MANY_CALLS", "1"), (reply.Reason, reply.Header("Retry-After"))));
    }

    static string Token(string user, SecurityKey key, string algorithm, DateTime? expires = null) =>
        new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Claims = new Dictionary<string, object> { ["sub"] = user },
            NotBefore = DateTime.UtcNow.AddHours(-2),
            IssuedAt = DateTime.UtcNow.AddHours(-2),
            Expires = expires ?? DateTime.UtcNow.AddHours(1),
            SigningCredentials = new SigningCredentials(key, algorithm),
        });
}
