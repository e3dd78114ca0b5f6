using System.Net;
using Dapper;
using Grpc.Core;
using Grpc.Net.Client;
using Journeys.BuildingBlocks;
using Journeys.Protos.Enrollment.V1;
using Journeys.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Journeys.Gateways.Tests;

/// <summary>A stream is no way around what holds for calls: it ends with its key or token, and there are only so many.</summary>
public sealed class StreamTests
{
    const string Key = GatewayUnderTest.PublishableKey;
    const string Secret = "the customer's own secret, 32+ characters";

    [Fact]
    public async Task A_stream_ends_when_its_key_is_revoked()
    {
        await using var gateway = await StartAsync();
        var site = await gateway.SiteIdAsync();
        var made = await gateway.CallAsync("POST", $"/api/sites/{site}/keys", """{"kind":"PUBLISHABLE","name":"shop"}""");
        using var revoked = await Listener.OpenAsync(gateway, $"userId=u1&apiKey={made["secret"]}");
        using var other = await Listener.OpenAsync(gateway, $"userId=u1&apiKey={Key}");

        await gateway.CallAsync("DELETE", $"/api/sites/{site}/keys/{made["id"]}");

        Assert.Contains("KEY_REVOKED", await revoked.EndAsync(), StringComparison.Ordinal);
        Assert.Equal(1, gateway.Services.GetRequiredService<OpenStreams>().Count);
        Assert.False(other.HasEnded);
    }

    [Fact]
    public async Task A_stream_ends_when_its_user_token_expires()
    {
        await using var gateway = await StartAsync();
        await gateway.CallAsync("PATCH", $"/api/sites/{await gateway.SiteIdAsync()}", new { requireUserToken = true, userTokenKey = Secret });
        // Thirty seconds are forgiven to clocks that differ.
        using var expiring = await Listener.OpenAsync(gateway, $"userId=u1&apiKey={Key}", Token(DateTime.UtcNow.AddSeconds(-15)));
        using var lasting = await Listener.OpenAsync(gateway, $"userId=u1&apiKey={Key}", Token(DateTime.UtcNow.AddHours(1)));

        Assert.Contains("USER_TOKEN_INVALID", await expiring.EndAsync(), StringComparison.Ordinal);
        Assert.False(lasting.HasEnded);
    }

    [Fact]
    public async Task A_stream_ends_when_the_site_asks_for_user_tokens_from_now_on()
    {
        await using var gateway = await StartAsync();
        using var listener = await Listener.OpenAsync(gateway, $"userId=u1&apiKey={Key}");

        await gateway.CallAsync("PATCH", $"/api/sites/{await gateway.SiteIdAsync()}", new { requireUserToken = true, userTokenKey = Secret });

        Assert.Contains("USER_TOKEN_REQUIRED", await listener.EndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_ends_when_its_member_leaves_the_site_though_another_site_is_left()
    {
        await using var gateway = await StartAsync();
        var member = await gateway.JoinAsync("ada@example.com", "VIEWER", "a long and odd password");
        var id = member.Json.GetProperty("member").GetProperty("id").GetGuid();
        await using (var connection = await gateway.Database.DataSource.OpenConnectionAsync())
        {
            await connection.ExecuteAsync(
                "insert into access.membership (site_id, member_id, role) values (@site, @id, 'VIEWER')",
                new { site = Guid.Parse(await gateway.ForeignSiteIdAsync()), id });
        }

        using var listener = await Listener.OpenAsync(gateway, "userId=u1", bearer: member.Bearer());

        await gateway.CallAsync("DELETE", $"/api/sites/{await gateway.SiteIdAsync()}/members/{id}");

        Assert.Contains("NOT_FOUND", await listener.EndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task So_does_the_stream_of_a_visitor_who_may_be_a_user_by_now()
    {
        await using var gateway = await StartAsync();
        using var before = await Listener.OpenAsync(gateway, $"anonymousId=v1&apiKey={Key}");

        await gateway.CallAsync("PATCH", $"/api/sites/{await gateway.SiteIdAsync()}", new { requireUserToken = true, userTokenKey = Secret });

        Assert.Contains("USER_TOKEN_REQUIRED", await before.EndAsync(), StringComparison.Ordinal);
        using var expiring = await Listener.OpenAsync(gateway, $"anonymousId=v1&apiKey={Key}", Token(DateTime.UtcNow.AddSeconds(-15)));
        using var stranger = await Listener.OpenAsync(gateway, $"anonymousId=v2&apiKey={Key}");
        Assert.Contains("USER_TOKEN_INVALID", await expiring.EndAsync(), StringComparison.Ordinal);
        Assert.False(stranger.HasEnded);
    }

    [Theory]
    [InlineData("--Streams:PerVisitor=2", "u1", "u1")]
    [InlineData("--Streams:PerAddress=2", "u1", "u2")]
    [InlineData("--Streams:PerKey=2", "u1", "u2")]
    public async Task There_are_only_so_many_for_a_visitor_an_address_and_a_key(string setting, string one, string another)
    {
        await using var gateway = await StartAsync(setting);
        var first = await Listener.OpenAsync(gateway, $"userId={one}&apiKey={Key}");
        using var second = await Listener.OpenAsync(gateway, $"userId={another}&apiKey={Key}");

        var refused = await gateway.CallAsync("GET", $"/sdk/stream?userId={another}", key: Key);
        first.Dispose();
        await Eventually.True(() => Task.FromResult(gateway.Services.GetRequiredService<OpenStreams>().Count == 1), "the stream that was left to be closed");
        using var third = await Listener.OpenAsync(gateway, $"userId={another}&apiKey={Key}");

        Assert.Equal((429, "TOO_MANY_STREAMS", "30"), (refused.Status, refused.Reason, refused.Header("Retry-After")));
        Assert.False(third.HasEnded);
    }

    [Fact]
    public async Task Visitors_who_are_made_up_open_no_more_streams_than_the_address_may_have()
    {
        // Three hundred at once, on a machine that may be busy: how long each may take is not the question here.
        await using var gateway = await StartAsync("--Gateway:SdkTimeoutSeconds=60");
        var listeners = await Task.WhenAll(
            Enumerable.Range(0, 300).Select(number => Listener.OpenAsync(gateway, $"anonymousId=a{number}&apiKey={Key}")));

        var refused = await gateway.CallAsync("GET", "/sdk/stream?anonymousId=another", key: Key);

        Assert.Equal((429, "TOO_MANY_STREAMS"), (refused.Status, refused.Reason));
        foreach (var listener in listeners)
            listener.Dispose();
    }

    [Fact]
    public async Task A_native_stream_says_why_it_ends_when_its_key_is_revoked()
    {
        await using var gateway = await StartAsync();
        var site = await gateway.SiteIdAsync();
        var made = await gateway.CallAsync("POST", $"/api/sites/{site}/keys", """{"kind":"SECRET","role":"VIEWER","name":"backend"}""");
        using var channel = GrpcChannel.ForAddress(gateway.GrpcAddress);
        using var revoked = await ListenNativelyAsync(channel, made["secret"]);
        using var other = await ListenNativelyAsync(channel, GatewayUnderTest.SecretKey);

        await gateway.CallAsync("DELETE", $"/api/sites/{site}/keys/{made["id"]}");

        var end = await EndAsync(revoked);
        Assert.Equal((StatusCode.Unauthenticated, "KEY_REVOKED"), (end.StatusCode, ReasonOf(end)));
        Assert.Equal(1, gateway.Services.GetRequiredService<OpenStreams>().Count);
        Assert.Equal(200, (await gateway.CallAsync("GET", "/api/journeys")).Status);
    }

    // Also in the middle of a message, of which the client must see nothing.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_native_stream_whose_replica_dies_says_so(bool withinMessage)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        using var relay = new TcpRelay(new IPEndPoint(IPAddress.Loopback, new Uri(gateway.Peer.Address).Port));
        await using var before = await GatewayUnderTest.StartAsync($"--Services:Enrollment=http://127.0.0.1:{relay.Port}");
        var written = new TaskCompletionSource();
        gateway.Peer.Watch = async (_, events, context) =>
        {
            await events.WriteAsync(new WatchResponse { Kind = WatchResponse.Types.Kind.KeepAlive });
            if (withinMessage)
                await context.GetHttpContext().Response.BodyWriter.WriteAsync(new byte[] { 0, 0, 0, 0, 9, 8, 1 });
            written.SetResult();
            await UntilGoneAsync(context);
        };
        using var channel = GrpcChannel.ForAddress(before.GrpcAddress);
        using var stream = await ListenNativelyAsync(channel, GatewayUnderTest.SecretKey);
        await written.Task;

        relay.Dispose();

        var end = await EndAsync(stream);
        Assert.Equal((StatusCode.Unavailable, "SERVICE_UNAVAILABLE"), (end.StatusCode, ReasonOf(end)));
        Assert.Equal(1, end.GetRpcStatus()!.GetDetail<Google.Rpc.RetryInfo>()!.RetryDelay.Seconds);
    }

    // It arrives in parts, since a frame of HTTP/2 is smaller.
    [Fact]
    public async Task A_long_message_of_a_stream_is_passed_on_whole()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var text = new string('x', 300_000);
        gateway.Peer.Watch = async (_, events, _) =>
        {
            await events.WriteAsync(new WatchResponse { Kind = WatchResponse.Types.Kind.KeepAlive });
            await events.WriteAsync(new WatchResponse { Kind = WatchResponse.Types.Kind.Position, Position = new() { JourneyId = text } });
        };
        using var channel = GrpcChannel.ForAddress(gateway.GrpcAddress);
        using var stream = await ListenNativelyAsync(channel, GatewayUnderTest.SecretKey);
        using var page = await Listener.OpenAsync(gateway, $"userId=u1&apiKey={Key}");

        Assert.True(await stream.ResponseStream.MoveNext(default));
        Assert.Equal(text, stream.ResponseStream.Current.Position.JourneyId);
        Assert.False(await stream.ResponseStream.MoveNext(default));
        Assert.Contains(text, await page.EndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_native_stream_that_the_service_ends_says_what_the_service_says()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var go = new TaskCompletionSource();
        gateway.Peer.Watch = async (_, events, _) =>
        {
            await events.WriteAsync(new WatchResponse { Kind = WatchResponse.Types.Kind.KeepAlive });
            await go.Task;
            throw new NotFound("user", "u1");
        };
        using var channel = GrpcChannel.ForAddress(gateway.GrpcAddress);
        using var stream = await ListenNativelyAsync(channel, GatewayUnderTest.SecretKey);

        go.SetResult();

        var end = await EndAsync(stream);
        Assert.Equal((StatusCode.NotFound, "USER_NOT_FOUND"), (end.StatusCode, ReasonOf(end)));
    }

    static async Task<AsyncServerStreamingCall<WatchResponse>> ListenNativelyAsync(GrpcChannel channel, string key)
    {
        var call = new SdkService.SdkServiceClient(channel).Watch(new() { UserId = "u1" }, new Metadata { { "x-api-key", key } });
        Assert.True(await call.ResponseStream.MoveNext(default));
        return call;
    }

    static Task<RpcException> EndAsync(AsyncServerStreamingCall<WatchResponse> call) =>
        Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default)).WaitAsync(TimeSpan.FromSeconds(30));

    static string? ReasonOf(RpcException exception) => exception.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>()?.Reason;

    static async Task<GatewayUnderTest> StartAsync(params string[] settings)
    {
        var gateway = await GatewayUnderTest.StartAsync(settings);
        gateway.Peer.Watch = async (_, events, context) =>
        {
            await events.WriteAsync(new WatchResponse { Kind = WatchResponse.Types.Kind.KeepAlive });
            await UntilGoneAsync(context);
        };
        return gateway;
    }

    static async Task UntilGoneAsync(ServerCallContext context)
    {
        var gone = new TaskCompletionSource();
        using var registration = context.CancellationToken.Register(gone.SetResult);
        await gone.Task;
    }

    static string Token(DateTime expires) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Claims = new Dictionary<string, object> { ["sub"] = "u1" },
        NotBefore = DateTime.UtcNow.AddHours(-2),
        IssuedAt = DateTime.UtcNow.AddHours(-2),
        Expires = expires,
        SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(System.Text.Encoding.UTF8.GetBytes(Secret)), SecurityAlgorithms.HmacSha256),
    });

    /// <summary>A page that listens.</summary>
    sealed class Listener : IDisposable
    {
        static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

        readonly HttpResponseMessage response;
        readonly Task<string> all;

        Listener(HttpResponseMessage response)
        {
            this.response = response;
            all = response.Content.ReadAsStringAsync();
        }

        public bool HasEnded => all.IsCompleted;

        public static async Task<Listener> OpenAsync(GatewayUnderTest gateway, string query, string? userToken = null, (string Name, string Value)? bearer = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/sdk/stream?{query}");
            if (bearer is { } header)
                request.Headers.Add(header.Name, header.Value);
            if (userToken is not null)
                request.Headers.Add("X-User-Token", userToken);
            var response = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
                Assert.Fail($"No stream: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
            return new Listener(response);
        }

        /// <summary>All that was said, once the stream has ended from the other side.</summary>
        public Task<string> EndAsync() => all.WaitAsync(Patience);

        public void Dispose() => response.Dispose();
    }
}
