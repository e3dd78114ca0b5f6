using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Journeys.Gateways.Tests;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Enrollment.V1;
using Journeys.Testing;

namespace Journeys.Deploy.Tests;

/// <summary>Behind a real nginx that ends TLS, with the settings that come along.</summary>
public sealed class TlsProxyTests : IAsyncLifetime
{
    const string SignIn = $$"""{"email":"{{GatewayUnderTest.AdminEmail}}","password":"{{GatewayUnderTest.AdminPassword}}"}""";

    GatewayUnderTest gateway = null!;
    TlsProxy proxy = null!;

    public async Task InitializeAsync()
    {
        // The proxy calls from 127.0.0.1, its clients from 127.1.0.0/16.
        gateway = await GatewayUnderTest.StartAsync("--Gateway:TrustedProxies=10.0.0.0/8, 127.0.0.0/16", "--RateLimits:WrongKeys=1", "--RateLimits:WrongKeysBurst=5");
        proxy = await TlsProxy.StartAsync(gateway.Address, gateway.GrpcAddress);
    }

    public async Task DisposeAsync()
    {
        await proxy.DisposeAsync();
        await gateway.DisposeAsync();
    }

    [Fact]
    public async Task The_cookie_is_Secure_and_browsers_stay_with_TLS()
    {
        using var client = proxy.ClientAt("127.1.0.1");

        using var response = await client.PostAsync("/api/session", Json(SignIn));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var cookie = response.Headers.GetValues("Set-Cookie").Single();
        Assert.StartsWith("__Host-journeys_session=", cookie, StringComparison.Ordinal);
        Assert.EndsWith("; Secure", cookie, StringComparison.Ordinal);
        Assert.Equal("max-age=31536000", response.Headers.GetValues("Strict-Transport-Security").Single());
    }

    [Fact]
    public async Task Limits_count_the_address_of_the_client_and_none_that_it_claims()
    {
        using var guesser = proxy.ClientAt("127.1.0.1");
        using var neighbour = proxy.ClientAt("127.1.0.2");

        var guesses = await Task.WhenAll(Enumerable.Range(1, 60).Select(number => GetAsync(
            guesser, "/api/journeys", ("X-API-Key", "sk_guess"), ("X-Forwarded-For", $"198.51.100.{number}"))));
        var other = await GetAsync(neighbour, "/api/journeys", ("X-API-Key", "sk_guess"));

        Assert.Contains(429, guesses);
        Assert.Equal(401, other);
    }

    [Theory]
    [InlineData(9_000, 1, 414, "ADDRESS_TOO_LONG")]
    [InlineData(1, 40_000, 431, "HEADERS_TOO_LARGE")]
    public async Task A_request_whose_head_is_too_large_is_told_so_by_the_gateway(int address, int cookie, int status, string reason)
    {
        using var client = proxy.ClientAt("127.1.0.4");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/sdk/journeys?userId={new string('a', address)}");
        request.Headers.Add("Cookie", new string('a', cookie));

        using var response = await client.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains($"\"{reason}\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_audit_log_has_the_address_of_the_client()
    {
        using var client = proxy.ClientAt("127.1.0.3");

        using var response = await client.PostAsync("/api/session", Json(SignIn));

        var entries = await gateway.CallAsync("GET", "/api/audit");
        Assert.Equal("127.1.0.3", entries.Json.GetProperty("entries")[0].GetProperty("address").GetString());
    }

    [Theory]
    [InlineData("what comes along")]
    [InlineData("X-Forwarded-Host only")]
    [InlineData("Host only")]
    [InlineData("Host with a port")]
    public async Task Pages_of_our_own_are_not_foreign(string told)
    {
        const string host = "proxy_set_header Host $http_host;";
        const string forwarded = "proxy_set_header X-Forwarded-Host $http_host;";
        await using var changed = await TlsProxy.StartAsync(gateway.Address, gateway.GrpcAddress, site => told switch
        {
            "X-Forwarded-Host only" => site.Replace(host, "", StringComparison.Ordinal),
            "Host only" => site.Replace(forwarded, "", StringComparison.Ordinal),
            "Host with a port" => site.Replace(host, "proxy_set_header Host localhost:443;", StringComparison.Ordinal).Replace(forwarded, "", StringComparison.Ordinal),
            _ => site,
        });
        using var client = changed.ClientAt("127.1.0.4");
        Task<int> FromAsync(string origin) => GetAsync(client, "/api/journeys", ("X-API-Key", GatewayUnderTest.SecretKey), ("Origin", origin));
        var own = told == "Host with a port" ? "https://localhost" : $"https://localhost:{changed.Address.Port}";

        // A page of ours may use a secret key, such as the one of the API's description; a page of somebody else leaks it.
        Assert.Equal(200, await FromAsync(own));
        Assert.Equal(403, await FromAsync("https://shop.example"));
        Assert.Equal(403, await FromAsync(own.Replace("https:", "http:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Nobody_but_a_trusted_proxy_names_the_host()
    {
        await using var untrusting = await GatewayUnderTest.StartAsync("--Gateway:TrustedProxies=10.0.0.0/8");

        var reply = await untrusting.CallAsync("GET", "/api/journeys", headers: [("Origin", "http://shop.example"), ("X-Forwarded-Host", "shop.example")]);

        Assert.Equal("SECRET_KEY_LEAKED", reply.Reason);
    }

    [Fact]
    public async Task Streams_are_not_held_back()
    {
        gateway.Peer.Watch = async (_, events, ct) =>
        {
            await events.WriteAsync(new WatchResponse { Kind = WatchResponse.Types.Kind.Ended }, ct.CancellationToken);
            await Task.Delay(Timeout.Infinite, ct.CancellationToken);
        };
        using var client = proxy.ClientAt("127.1.0.5");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));

        await using var stream = await client.GetStreamAsync(new Uri($"/sdk/stream?userId=u1&apiKey={GatewayUnderTest.PublishableKey}", UriKind.Relative), limit.Token);

        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(limit.Token) != "event: ENDED")
        {
        }
    }

    [Fact]
    public async Task Native_gRPC_comes_through_the_same_address()
    {
        using var client = proxy.ClientAt("127.1.0.6");
        using var channel = GrpcChannel.ForAddress(proxy.Address, new GrpcChannelOptions { HttpClient = client });
        gateway.Peer.Answers["GetJourney"] = (_, _) => Task.FromResult<Google.Protobuf.IMessage>(new Journey { Name = "Onboarding" });

        var journey = await new JourneyService.JourneyServiceClient(channel).GetJourneyAsync(
            new() { Id = Guid.CreateVersion7().ToString() }, new Metadata { { "authorization", $"Bearer {GatewayUnderTest.SecretKey}" } });

        Assert.Equal("Onboarding", journey.Name);
        Assert.Equal("127.1.0.6", gateway.Peer.Last.Headers.GetValue("x-forwarded-for"));
    }

    static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");

    static async Task<int> GetAsync(HttpClient client, string path, params IEnumerable<(string Name, string Value)> headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await client.SendAsync(request);
        return (int)response.StatusCode;
    }
}
