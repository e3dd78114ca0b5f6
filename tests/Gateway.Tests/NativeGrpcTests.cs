using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Journeys.Protos.Access.V1;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Scheduler.V1;

namespace Journeys.Gateways.Tests;

public sealed class NativeGrpcTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>, IDisposable
{
    readonly GatewayUnderTest gateway = fixture.Gateway;
    readonly GrpcChannel channel = GrpcChannel.ForAddress(fixture.Gateway.GrpcAddress);

    public void Dispose() => channel.Dispose();

    [Theory]
    [InlineData("authorization", "Bearer " + GatewayUnderTest.SecretKey)]
    [InlineData("x-api-key", GatewayUnderTest.SecretKey)]
    public async Task A_backend_calls_with_its_secret_key(string name, string value)
    {
        gateway.Peer.Answers["GetJourney"] = (_, _) => Task.FromResult<IMessage>(new Journey { Name = "Onboarding" });
        var id = Guid.CreateVersion7().ToString();

        var journey = await new JourneyService.JourneyServiceClient(channel).GetJourneyAsync(new() { Id = id }, new Metadata { { name, value }, { "journeys-site", "evil" } });

        Assert.Equal("Onboarding", journey.Name);
        Assert.Equal(id, Assert.IsType<GetJourneyRequest>(gateway.Peer.Last.Request).Id);
        Assert.DoesNotContain(gateway.Peer.Last.Headers, header => header.Value == "evil" || header.Key == "x-api-key");
    }

    [Fact]
    public async Task The_same_policy_holds()
    {
        var client = new JourneyService.JourneyServiceClient(channel);

        var nobody = await Assert.ThrowsAsync<RpcException>(async () => await client.ListJourneysAsync(new()));
        var publishable = await Assert.ThrowsAsync<RpcException>(async () => await client.ListJourneysAsync(new(), With(GatewayUnderTest.PublishableKey)));
        var wrong = await Assert.ThrowsAsync<RpcException>(async () => await client.ListJourneysAsync(new(), With("sk_wrong")));

        Assert.Equal((StatusCode.Unauthenticated, StatusCode.PermissionDenied, StatusCode.Unauthenticated), (nobody.StatusCode, publishable.StatusCode, wrong.StatusCode));
        Assert.Equal("PUBLISHABLE_KEY", publishable.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason);
    }

    [Theory]
    [InlineData("user-agent", "caf\u00e9/1.0", StatusCode.OK)]
    [InlineData("idempotency-key", "caf\u00e9", StatusCode.InvalidArgument)]
    [InlineData("grpc-timeout", "caf\u00e9", StatusCode.InvalidArgument)]
    public async Task A_header_that_cannot_be_passed_on_is_not_the_fault_of_a_replica(string name, string value, StatusCode expected)
    {
        gateway.Peer.Answers["GetJourney"] = (_, _) => Task.FromResult<IMessage>(new Journey());

        Assert.Equal(expected, await CallAsync("journeys.definition.v1.JourneyService/GetJourney", name, value));
    }

    // Of a page's calls the gateway's limit is 8 seconds, of others 30.
    [Theory]
    [InlineData("enrollment.v1.SdkService/ListPositions", null, 8)]
    [InlineData("enrollment.v1.SdkService/ListPositions", "1H", 8)]
    [InlineData("enrollment.v1.SdkService/ListPositions", "7000m", 7)]
    [InlineData("scheduler.v1.SchedulerService/GetTimerLag", null, 30)]
    [InlineData("scheduler.v1.SchedulerService/GetTimerLag", "1H", 30)]
    [InlineData("scheduler.v1.SchedulerService/GetTimerLag", "99999999H", 30)]
    [InlineData("scheduler.v1.SchedulerService/GetTimerLag", "20S", 20)]
    public async Task A_service_has_as_long_as_the_client_waits_and_no_longer_than_the_gateway_does(string method, string? asked, int seconds)
    {
        var left = TimeSpan.Zero;
        gateway.Peer.Answers[method.Split('/')[1]] = (request, context) =>
        {
            left = context.Deadline - DateTime.UtcNow;
            return Task.FromResult<IMessage>(request is GetTimerLagRequest ? new TimerLag() : new ListPositionsResponse());
        };

        var status = await CallAsync($"journeys.{method}", "grpc-timeout", asked);

        Assert.Equal(StatusCode.OK, status);
        Assert.InRange(left.TotalSeconds, 1, seconds);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("S")]
    [InlineData("5")]
    [InlineData("5s")]
    [InlineData("-5S")]
    [InlineData("5S, 6S")]
    [InlineData("100000000S")]
    public async Task A_deadline_that_cannot_be_read_is_refused(string asked)
    {
        Assert.Equal(StatusCode.InvalidArgument, await CallAsync("journeys.scheduler.v1.SchedulerService/GetTimerLag", "grpc-timeout", asked));
        Assert.Equal(StatusCode.InvalidArgument, await CallAsync("journeys.enrollment.v1.SdkService/Watch", "grpc-timeout", asked));
    }

    [Fact]
    public async Task A_stream_may_stay_open_for_as_long_as_the_client_wants()
    {
        var left = new ConcurrentQueue<TimeSpan>();
        gateway.Peer.Watch = (_, _, context) =>
        {
            left.Enqueue(context.Deadline == DateTime.MaxValue ? TimeSpan.MaxValue : context.Deadline - DateTime.UtcNow);
            return Task.CompletedTask;
        };

        await CallAsync("journeys.enrollment.v1.SdkService/Watch", "grpc-timeout", null);
        await CallAsync("journeys.enrollment.v1.SdkService/Watch", "grpc-timeout", "2H");

        Assert.Equal(TimeSpan.MaxValue, left.First());
        Assert.InRange(left.Last().TotalMinutes, 60, 120);
    }

    // Nothing listens where the service should be, so that it is the gateway that ends the call.
    [Theory]
    [InlineData("scheduler.v1.SchedulerService/GetTimerLag", "1n", StatusCode.DeadlineExceeded)]
    [InlineData("scheduler.v1.SchedulerService/GetTimerLag", "1H", StatusCode.Unavailable)]
    [InlineData("scheduler.v1.SchedulerService/GetTimerLag", null, StatusCode.Unavailable)]
    [InlineData("enrollment.v1.SdkService/Watch", "1n", StatusCode.DeadlineExceeded)]
    [InlineData("enrollment.v1.SdkService/Watch", "1H", StatusCode.Unavailable)]
    public async Task A_call_that_fails_after_its_own_deadline_ends_with_that_deadline(string method, string? asked, StatusCode expected)
    {
        await using var alone = await GatewayUnderTest.StartAsync(
            "--Services:Scheduler=http://127.0.0.1:1", "--Services:Enrollment=http://127.0.0.1:1");

        Assert.Equal(expected, await CallAsync(alone.GrpcAddress, $"journeys.{method}", "grpc-timeout", asked));
    }

    [Fact]
    public async Task A_refusal_of_a_service_after_the_deadline_of_the_call_ends_with_that_deadline_too()
    {
        const string method = "journeys.definition.v1.JourneyService/GetVersion";
        gateway.Peer.Answers["GetVersion"] = (_, _) => throw new BuildingBlocks.NotFound("version", 7);
        // From now on the gateway knows the key, and the call comes as far as the service.
        Assert.Equal(StatusCode.NotFound, await CallAsync(method, "grpc-timeout", null));

        Assert.Equal(StatusCode.DeadlineExceeded, await CallAsync(method, "grpc-timeout", "1n"));
    }

    [Fact]
    public async Task Internal_rpcs_are_not_there()
    {
        var change = await Assert.ThrowsAsync<RpcException>(async () => await new EnrollmentService.EnrollmentServiceClient(channel).ApplyChangeAsync(new(), With(GatewayUnderTest.SecretKey)));

        Assert.Equal(StatusCode.Unimplemented, change.StatusCode);
    }

    [Fact]
    public async Task Streams_and_refusals_pass_through()
    {
        gateway.Peer.Watch = (_, events, _) => events.WriteAsync(new WatchResponse { Kind = WatchResponse.Types.Kind.Ended });
        using var stream = new SdkService.SdkServiceClient(channel).Watch(new() { UserId = "u1" }, With(GatewayUnderTest.SecretKey));
        gateway.Peer.Answers["GetVersion"] = (_, _) => throw new BuildingBlocks.NotFound("version", 7);

        Assert.True(await stream.ResponseStream.MoveNext(default));
        Assert.Equal(WatchResponse.Types.Kind.Ended, stream.ResponseStream.Current.Kind);
        Assert.False(await stream.ResponseStream.MoveNext(default));
        var missing = await Assert.ThrowsAsync<RpcException>(async () => await new JourneyService.JourneyServiceClient(channel).GetVersionAsync(new(), With(GatewayUnderTest.SecretKey)));
        Assert.Equal((StatusCode.NotFound, "VERSION_NOT_FOUND"), (missing.StatusCode, missing.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason));
    }

    [Fact]
    public async Task The_gateway_answers_its_own_service_too_and_foreign_sites_stay_hidden()
    {
        var access = new AccessService.AccessServiceClient(channel);

        var session = await access.GetSessionAsync(new(), With(GatewayUnderTest.SecretKey));
        var foreign = await gateway.ForeignSiteIdAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await access.ListKeysAsync(new() { SiteId = foreign }, With(GatewayUnderTest.SecretKey)));

        Assert.Equal(await gateway.SiteIdAsync(), session.Memberships.Single().Site.Id);
        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
    }

    // As it is on the wire, which clients do not let one write freely.
    Task<StatusCode> CallAsync(string path, string name, string? value) => CallAsync(gateway.GrpcAddress, path, name, value);

    static async Task<StatusCode> CallAsync(Uri address, string path, string name, string? value)
    {
        using var client = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 });
        using var call = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[5]),
        };
        call.Content.Headers.ContentType = new("application/grpc");
        call.Headers.Add("x-api-key", GatewayUnderTest.SecretKey);
        if (value is not null)
            call.Headers.TryAddWithoutValidation(name, value);

        using var answer = await client.SendAsync(call);
        await answer.Content.ReadAsByteArrayAsync();

        return Enum.Parse<StatusCode>(answer.Headers.Concat(answer.TrailingHeaders).Single(header => header.Key == "grpc-status").Value.Single());
    }

    static Metadata With(string key) => new() { { "x-api-key", key } };
}
