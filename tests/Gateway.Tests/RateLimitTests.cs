using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Journeys.Gateways.Tests;

/// <summary>The limits at their real values, and who is counted as whom.</summary>
public sealed class RateLimitTests
{
    const string Key = GatewayUnderTest.PublishableKey;

    // More than the burst and what comes back while it lasts.
    const int ManyGuesses = 600;

    [Fact]
    public async Task Wrong_credentials_are_refused_after_a_hundred_and_right_ones_never()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var begun = System.Diagnostics.Stopwatch.StartNew();

        var guesses = await Task.WhenAll(Enumerable.Range(0, ManyGuesses).Select(number => gateway.CallAsync("GET", "/api/journeys", key: $"sk_guess{number}")));
        var looked = guesses.Count(reply => reply.Status == 401);
        var right = await gateway.CallAsync("GET", "/api/journeys");

        Assert.InRange(looked, 100, 100 + (10 * ((int)begun.Elapsed.TotalSeconds + 1)));
        Assert.All(guesses.Where(reply => reply.Status != 401), reply => Assert.Equal((429, "TOO_MANY_CALLS", "1"), (reply.Status, reply.Reason, reply.Header("Retry-After"))));
        Assert.Equal(200, right.Status);
    }

    [Fact]
    public async Task Visitors_who_are_made_up_do_not_multiply_what_an_address_may_do()
    {
        await using var gateway = await GatewayUnderTest.StartAsync("--RateLimits:PerAddress=5", "--RateLimits:PerAddressBurst=20");

        var replies = await Task.WhenAll(Enumerable.Range(0, 200).Select(number => gateway.CallAsync("GET", $"/sdk/journeys?anonymousId=made-up-{number}", key: Key)));
        var server = await gateway.CallAsync("GET", "/sdk/journeys?userId=u1");

        Assert.NotInRange(replies.Count(reply => reply.Status == 429), 0, 0);
        Assert.InRange(replies.Count(reply => reply.Status == 200), 20, 199);
        Assert.Equal(200, server.Status);
    }

    [Fact]
    public async Task Whoever_shows_nothing_calls_only_so_often_from_an_address()
    {
        await using var gateway = await GatewayUnderTest.StartAsync("--RateLimits:PerAddress=5", "--RateLimits:PerAddressBurst=20");

        var replies = await Task.WhenAll(Enumerable.Range(0, 200).Select(number =>
            gateway.CallAsync("POST", "/api/invitations/find", new { token = $"iv_guess{number}" }, key: null)));
        var known = await gateway.CallAsync("GET", "/api/journeys");

        Assert.InRange(replies.Count(reply => reply.Reason == "LINK_NOT_VALID"), 20, 199);
        Assert.Contains(replies, reply => reply is { Status: 429, Reason: "TOO_MANY_CALLS" });
        Assert.Equal(200, known.Status);
    }

    [Fact]
    public async Task More_keys_do_not_multiply_what_a_site_may_do()
    {
        await using var gateway = await GatewayUnderTest.StartAsync("--RateLimits:PerSite=1", "--RateLimits:PerSiteBurst=4");
        var other = (await gateway.CallAsync("POST", $"/api/sites/{await gateway.SiteIdAsync()}/keys", """{"kind":"SECRET","name":"another"}"""))["secret"];

        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => gateway.CallAsync("GET", "/api/journeys", key: number % 2 == 0 ? other : GatewayUnderTest.SecretKey)));

        Assert.Contains(replies, reply => reply is { Status: 429, Reason: "TOO_MANY_CALLS" });
    }

    [Fact]
    public void The_real_values_hold_for_an_address_and_a_visitor()
    {
        using var limits = new RateLimits(Options.Create(new RateLimitOptions()));
        var page = new Admitted(new BuildingBlocks.Identities.Caller(Guid.CreateVersion7(), "key", Protos.Options.V1.Access.Types.Role.Person), null) { Key = new KeyRow { Kind = "PUBLISHABLE" } };
        var begun = System.Diagnostics.Stopwatch.StartNew();

        var byAddress = Enumerable.Range(0, 1_000).Count(_ => Passes(() => limits.TakeForCaller(page, "192.0.2.1")));
        var byVisitor = Enumerable.Range(0, 1_000).Count(_ => Passes(() => limits.TakeForVisitor(page.Caller.SiteId, "u1")));

        var seconds = (int)begun.Elapsed.TotalSeconds + 1;
        Assert.InRange(byAddress, 400, 400 + (100 * seconds));
        Assert.InRange(byVisitor, 200, 200 + (50 * seconds));
        limits.TakeForCaller(page, "192.0.2.2");
    }

    [Fact]
    public void An_id_that_no_service_takes_is_counted_by_its_beginning()
    {
        var endless = new Protos.Enrollment.V1.IdentifyRequest { AnonymousId = new string('x', 60_000) };

        Assert.Equal(new string('x', 256), Admission.PersonOf(endless));
        Assert.Equal("u1", Admission.PersonOf(new Protos.Enrollment.V1.IdentifyRequest { UserId = "u1", AnonymousId = "v1" }));
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64")]
    public void An_IPv6_network_counts_as_one_address(string address, string countedAs)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);

        Assert.Equal(countedAs, ClientAddress.Of(context));
    }

    [Theory]
    [InlineData("127.0.0.0/8", true)]
    [InlineData("10.0.0.0/8, 127.0.0.1", true)]
    [InlineData("10.0.0.0/8", false)]
    [InlineData("", false)]
    public async Task Behind_a_trusted_proxy_the_real_address_counts(string proxies, bool isBelieved)
    {
        await using var gateway = await GatewayUnderTest.StartAsync($"--Gateway:TrustedProxies={proxies}", "--RateLimits:WrongKeys=1", "--RateLimits:WrongKeysBurst=5");
        Task<Reply> GuessAsync(string address) => gateway.CallAsync("GET", "/api/journeys", key: "sk_guess", headers: ("X-Forwarded-For", address));

        // Five and one a second for each address that counts, however slow the machine is.
        var replies = await Task.WhenAll(Enumerable.Range(1, 200).Select(number => GuessAsync($"198.51.100.{number}")));

        int[] expected = isBelieved ? [401] : [401, 429];
        Assert.Equal(expected, replies.Select(reply => reply.Status).Distinct().Order());
    }

    [Fact]
    public async Task A_proxy_that_cannot_be_read_is_said_at_start()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => GatewayUnderTest.StartAsync("--Gateway:TrustedProxies=proxy.internal"));

        Assert.Contains("TrustedProxies", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_key_in_a_page_is_refused_and_named_as_leaked()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();

        var sdk = await gateway.CallAsync("POST", "/sdk/identify", """{"userId":"u1"}""", headers: ("Origin", "https://shop.example"));
        var api = await gateway.CallAsync("GET", "/api/journeys", headers: ("Origin", "https://shop.example"));
        var opaque = await gateway.CallAsync("GET", "/api/journeys", headers: ("Origin", "null"));
        var server = await gateway.CallAsync("POST", "/sdk/identify", """{"userId":"u1"}""");
        var preflight = await gateway.CallAsync("OPTIONS", "/sdk/identify", key: null, headers: [("Origin", "https://shop.example"), ("Access-Control-Request-Method", "POST")]);

        Assert.All([sdk, api, opaque], reply => Assert.Equal((403, "SECRET_KEY_LEAKED"), (reply.Status, reply.Reason)));
        Assert.Contains("Revoke it", sdk["detail"], StringComparison.Ordinal);
        Assert.Equal(200, server.Status);
        Assert.DoesNotContain("Authorization", preflight.Header("Access-Control-Allow-Headers"), StringComparison.OrdinalIgnoreCase);
    }

    static bool Passes(Action call)
    {
        try
        {
            call();
            return true;
        }
        catch (GatewayError)
        {
            return false;
        }
    }
}
