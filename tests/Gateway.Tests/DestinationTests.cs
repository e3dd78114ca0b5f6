using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Journeys.BuildingBlocks.Identities;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Scheduler.V1;
using Journeys.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways.Tests;

public sealed class DestinationTests
{
    static int closed;

    [Fact]
    public async Task A_service_that_is_down_is_a_503_problem()
    {
        await using var gateway = await GatewayUnderTest.StartAsync($"--Services:Scheduler={ClosedAddress()}");

        var reply = await gateway.CallAsync("GET", "/api/timers/lag");

        Assert.Equal((503, "SERVICE_UNAVAILABLE", "1"), (reply.Status, reply.Reason, reply.Header("Retry-After")));
        Assert.Equal(200, (await gateway.CallAsync("GET", "/api/journeys")).Status);
    }

    // Another key, or a clock that differs by more than the tokens last. Whoever calls has shown a good key, and is not to look for a better one.
    [Theory]
    [InlineData("GET", "/api/timers/lag")]
    [InlineData("POST", "/api/jobs/01931f5a-0000-7000-8000-000000000000/cancel")]
    public async Task A_service_that_does_not_believe_the_gateway_is_a_503_problem(string verb, string path)
    {
        await using var stranger = await Peer.StartAsync(Convert.ToBase64String(new byte[32]));
        await using var gateway = await GatewayUnderTest.StartAsync($"--Services:Scheduler={stranger.Address}");

        var reply = await gateway.CallAsync(verb, path, verb == "GET" ? null : new { });

        Assert.Equal((503, "SERVICE_UNAVAILABLE", "1"), (reply.Status, reply.Reason, reply.Header("Retry-After")));
        Assert.Empty(stranger.Arrivals);
        Assert.Equal(401, (await gateway.CallAsync("POST", "/api/session", new { email = "nobody@example.com", password = "wrong wrong wrong" })).Status);
    }

    // With a row in the audit log, without one, and as a stream.
    [Theory]
    [InlineData("CancelJob")]
    [InlineData("GetTimerLag")]
    [InlineData("Watch")]
    public async Task A_service_that_does_not_believe_the_gateway_is_unavailable_to_native_calls(string method)
    {
        await using var stranger = await Peer.StartAsync(Convert.ToBase64String(new byte[32]));
        await using var gateway = await GatewayUnderTest.StartAsync(
            $"--Services:Scheduler={stranger.Address}", $"--Services:Enrollment={stranger.Address}");
        using var channel = GrpcChannel.ForAddress(gateway.GrpcAddress);

        var failure = await Assert.ThrowsAsync<RpcException>(() => CallAsync(channel, method));

        var status = failure.GetRpcStatus()!;
        Assert.Equal((StatusCode.Unavailable, "SERVICE_UNAVAILABLE"), (failure.StatusCode, status.GetDetail<Google.Rpc.ErrorInfo>().Reason));
        Assert.Equal(1, status.GetDetail<Google.Rpc.RetryInfo>().RetryDelay.Seconds);
        Assert.Empty(stranger.Arrivals);
    }

    static async Task CallAsync(GrpcChannel channel, string method)
    {
        var headers = new Metadata { { "x-api-key", GatewayUnderTest.SecretKey } };
        var scheduler = new SchedulerService.SchedulerServiceClient(channel);
        switch (method)
        {
            case "CancelJob":
                await scheduler.CancelJobAsync(new() { Id = Guid.CreateVersion7().ToString() }, headers);
                break;
            case "GetTimerLag":
                await scheduler.GetTimerLagAsync(new(), headers);
                break;
            default:
                using (var stream = new SdkService.SdkServiceClient(channel).Watch(new() { UserId = "u1" }, headers))
                    await stream.ResponseStream.MoveNext(default);
                break;
        }
    }

    [Fact]
    public async Task A_service_that_does_not_answer_in_time_is_a_504_problem()
    {
        await using var gateway = await GatewayUnderTest.StartAsync("--Gateway:CallTimeoutSeconds=1");
        gateway.Peer.Answers["GetTimerLag"] = async (_, context) =>
        {
            var never = new TaskCompletionSource<Google.Protobuf.IMessage>();
            using var registration = context.CancellationToken.Register(() => never.TrySetCanceled());
            return await never.Task;
        };
        // From now on the gateway knows the key, and only the service takes long.
        await gateway.CallAsync("GET", "/api/journeys");

        var reply = await gateway.CallAsync("GET", "/api/timers/lag");

        Assert.Equal((504, "DEADLINE_EXCEEDED"), (reply.Status, reply["code"]));
        Assert.Equal("1", reply.Header("Retry-After"));
    }

    [Fact]
    public async Task A_call_that_found_nobody_is_answered_by_another_replica()
    {
        // Enough calls that some begin at the dead one, and few enough that it is not yet left out as unhealthy.
        const int calls = 8;
        await using var replica = await Peer.StartAsync(GatewayUnderTest.SigningKey);
        await using var gateway = await GatewayUnderTest.StartAsync($"--Services:Scheduler={ClosedAddress()},{ClosedAddress()},{ClosedAddress()},{replica.Address}");
        using var channel = GrpcChannel.ForAddress(gateway.GrpcAddress);
        var native = new SchedulerService.SchedulerServiceClient(channel);

        for (var call = 0; call < calls; call++)
        {
            Assert.Equal(200, (await gateway.CallAsync("GET", "/api/timers/lag")).Status);
            await native.GetTimerLagAsync(new(), new Metadata { { "x-api-key", GatewayUnderTest.SecretKey } });
        }

        Assert.Equal(2 * calls, replica.Arrivals.Count);
    }

    [Fact]
    public async Task An_address_that_has_gone_silent_costs_a_call_a_moment_and_never_the_call()
    {
        const int calls = 60;
        using var silent = new SilentAddress();
        await using var replica = await Peer.StartAsync(GatewayUnderTest.SigningKey);
        await using var gateway = await GatewayUnderTest.StartAsync($"--Services:Scheduler={silent.Address},{replica.Address}");
        using var channel = GrpcChannel.ForAddress(gateway.GrpcAddress);
        var native = new SchedulerService.SchedulerServiceClient(channel);
        var begun = Stopwatch.StartNew();

        var replies = await Task.WhenAll(Enumerable.Range(0, calls).Select(_ => gateway.CallAsync("GET", "/api/timers/lag")));
        await Task.WhenAll(Enumerable.Range(0, calls).Select(async _ =>
            await native.GetTimerLagAsync(new(), new Metadata { { "x-api-key", GatewayUnderTest.SecretKey } })));

        Assert.All(replies, reply => Assert.Equal(200, reply.Status));
        Assert.Equal(2 * calls, replica.Arrivals.Count);
        // Calls to one address wait for the same connection, so each in its turn would be a minute.
        Assert.InRange(begun.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_call_whose_connection_was_reset_before_it_was_read_is_answered_by_another_replica()
    {
        const int calls = 20;
        using var slamming = new SlammingAddress();
        await using var replica = await Peer.StartAsync(GatewayUnderTest.SigningKey);
        await using var gateway = await GatewayUnderTest.StartAsync($"--Services:Scheduler={slamming.Address},{replica.Address}");

        var replies = await Task.WhenAll(Enumerable.Range(0, calls).Select(_ => gateway.CallAsync("GET", "/api/timers/lag")));

        Assert.All(replies, reply => Assert.Equal(200, reply.Status));
        Assert.Equal(calls, replica.Arrivals.Count);
        Assert.NotEqual(0, slamming.Accepted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_whose_connection_was_cut_before_its_end_was_sent_is_answered_by_another_replica(bool byNative)
    {
        const int calls = 8;
        const string list = "01931f5a-0000-7000-8000-000000000000";
        string[] users = [.. Enumerable.Range(0, 20_000).Select(n => $"user-{n}")];
        using var cutting = new CuttingAddress();
        await using var replica = await Peer.StartAsync(GatewayUnderTest.SigningKey);
        await using var gateway = await GatewayUnderTest.StartAsync($"--Services:Enrollment={cutting.Address},{replica.Address}");
        using var channel = GrpcChannel.ForAddress(gateway.GrpcAddress);
        var native = new UserListService.UserListServiceClient(channel);

        await Task.WhenAll(Enumerable.Range(0, calls).Select(_ => byNative ? NativelyAsync() : ByRestAsync()));

        Assert.Equal(calls, replica.Arrivals.Count);
        Assert.NotEqual(0, cutting.Cut);

        async Task NativelyAsync() => await native.ChangeMembersAsync(
            new() { Id = list, Add = { users } }, new Metadata { { "x-api-key", GatewayUnderTest.SecretKey } });

        async Task ByRestAsync() => Assert.Equal(200, (await gateway.CallAsync("POST", $"/api/user-lists/{list}/members", new { add = users })).Status);
    }

    // Else a request whose end was not sent could not be sent to another replica.
    [Fact]
    public async Task A_service_begins_nothing_before_the_end_of_the_request_has_come()
    {
        await using var replica = await Peer.StartAsync(GatewayUnderTest.SigningKey);
        var tokens = new IdentityTokens(Options.Create(new IdentityOptions { SigningKey = GatewayUnderTest.SigningKey }), TimeProvider.System);
        var caller = new Metadata { { "authorization", $"Bearer {tokens.Sign(new Caller(Guid.NewGuid(), "me", Role.Editor))}" } };
        using var channel = GrpcChannel.ForAddress(replica.Address);
        var endless = new Method<GetTimerLagRequest, TimerLag>(
            MethodType.ClientStreaming, "journeys.scheduler.v1.SchedulerService", "GetTimerLag",
            Marshallers.Create(message => message.ToByteArray(), GetTimerLagRequest.Parser.ParseFrom),
            Marshallers.Create(message => message.ToByteArray(), TimerLag.Parser.ParseFrom));

        using var unfinished = channel.CreateCallInvoker().AsyncClientStreamingCall(endless, host: null, new CallOptions(caller));
        await unfinished.RequestStream.WriteAsync(new());
        await new SchedulerService.SchedulerServiceClient(channel).GetTimerLagAsync(new(), caller);
        var before = replica.Arrivals.Count;
        await unfinished.RequestStream.CompleteAsync();
        await unfinished.ResponseAsync;

        Assert.Equal((1, 2), (before, replica.Arrivals.Count));
    }

    [Fact]
    public async Task A_silent_service_is_a_503_that_says_when_to_come_back()
    {
        using var silent = new SilentAddress();
        await using var gateway = await GatewayUnderTest.StartAsync($"--Services:Scheduler={silent.Address}");

        var reply = await gateway.CallAsync("GET", "/api/timers/lag");

        Assert.Equal((503, "SERVICE_UNAVAILABLE", "1"), (reply.Status, reply.Reason, reply.Header("Retry-After")));
    }

    [Fact]
    public async Task What_a_service_cannot_do_now_says_when_to_come_back_by_every_way_in()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        gateway.Peer.Answers["GetTimerLag"] = (_, _) => throw new BrokerUnavailable("gone");
        using var channel = GrpcChannel.ForAddress(gateway.GrpcAddress);
        var native = new SchedulerService.SchedulerServiceClient(channel);

        var reply = await gateway.CallAsync("GET", "/api/timers/lag");
        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await native.GetTimerLagAsync(new(), new Metadata { { "x-api-key", GatewayUnderTest.SecretKey } }));

        Assert.Equal((503, "TRY_AGAIN", "1"), (reply.Status, reply.Reason, reply.Header("Retry-After")));
        Assert.Equal(1, error.GetRpcStatus()!.GetDetail<Google.Rpc.RetryInfo>()?.RetryDelay.Seconds);
    }

    [Fact]
    public async Task What_the_gateway_cannot_reach_says_so_natively_too()
    {
        await using var gateway = await GatewayUnderTest.StartAsync($"--Services:Scheduler={ClosedAddress()}");
        using var channel = GrpcChannel.ForAddress(gateway.GrpcAddress);
        var native = new SchedulerService.SchedulerServiceClient(channel);

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await native.GetTimerLagAsync(new(), new Metadata { { "x-api-key", GatewayUnderTest.SecretKey } }));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Equal(1, error.GetRpcStatus()!.GetDetail<Google.Rpc.RetryInfo>()?.RetryDelay.Seconds);
    }

    [Fact]
    public async Task A_page_waits_less_long_than_a_backend()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var given = new ConcurrentDictionary<string, double>();
        gateway.Peer.Answers["ListPositions"] = (_, context) => Note(context, new ListPositionsResponse());
        gateway.Peer.Answers["GetTimerLag"] = (_, context) => Note(context, new TimerLag());
        gateway.Peer.Answers["ListJobs"] = (_, context) => Note(context, new ListJobsResponse());
        using var channel = GrpcChannel.ForAddress(gateway.GrpcAddress);

        await gateway.CallAsync("GET", "/sdk/journeys?userId=u1", key: GatewayUnderTest.PublishableKey);
        await gateway.CallAsync("GET", "/api/timers/lag");
        await new SchedulerService.SchedulerServiceClient(channel).ListJobsAsync(new(), new Metadata { { "x-api-key", GatewayUnderTest.SecretKey } });

        Assert.InRange(given["ListPositions"], 1, 8);
        Assert.InRange(given["GetTimerLag"], 15, 30);
        Assert.InRange(given["ListJobs"], 15, 30);

        Task<Google.Protobuf.IMessage> Note(ServerCallContext context, Google.Protobuf.IMessage answer)
        {
            given[context.Method.Split('/')[^1]] = (context.Deadline - DateTime.UtcNow).TotalSeconds;
            return Task.FromResult(answer);
        }
    }

    [Fact]
    public async Task A_call_that_may_have_arrived_is_never_made_again()
    {
        const int calls = 8;
        await using var replica = await Peer.StartAsync(GatewayUnderTest.SigningKey);
        using var crashing = new CrashingService();
        await using var gateway = await GatewayUnderTest.StartAsync($"--Services:Scheduler={crashing.Address},{replica.Address}");
        using var channel = GrpcChannel.ForAddress(gateway.GrpcAddress);
        var native = new SchedulerService.SchedulerServiceClient(channel);
        var failures = 0;

        for (var call = 0; call < calls; call++)
        {
            var reply = await gateway.CallAsync("GET", "/api/timers/lag");
            failures += reply.Status == 503 ? 1 : 0;
            try
            {
                await native.GetTimerLagAsync(new(), new Metadata { { "x-api-key", GatewayUnderTest.SecretKey } });
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.Unavailable)
            {
                failures++;
            }
        }

        Assert.Equal(2 * calls, replica.Arrivals.Count + failures);
        Assert.Equal(crashing.Arrivals, failures);
        Assert.InRange(failures, 1, 2 * calls);
    }

    [Fact]
    public async Task Every_address_of_a_name_is_a_replica()
    {
        var resolver = new ReplicasByName(NullLogger<ReplicasByName>.Instance);
        var addresses = await Dns.GetHostAddressesAsync("localhost");

        var replicas = await resolver.ResolveDestinationsAsync(
            new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = "http://localhost:7101/" }, ["two"] = new() { Address = "http://no-such-name.invalid:7101/" } }, default);

        Assert.Equal(addresses.Length + 1, replicas.Destinations.Count);
        Assert.All(addresses, address => Assert.Contains(replicas.Destinations.Values, replica => new Uri(replica.Address) is { Port: 7101 } uri && IPAddress.Parse(uri.Host.Trim('[', ']')).Equals(address)));
        Assert.Equal("http://no-such-name.invalid:7101/", replicas.Destinations["two"].Address);
        Assert.NotNull(replicas.ChangeToken);
    }

    [Fact]
    public async Task Calls_reach_a_service_by_its_name()
    {
        await using var named = await GatewayUnderTest.StartAsync("--Gateway:ReplicasByName=true", $"--Services:Scheduler=http://localhost:1");
        await using var gateway = await GatewayUnderTest.StartAsync("--Gateway:ReplicasByName=true", $"--Services:Definition=http://localhost:{new Uri(named.Peer.Address).Port}");

        Assert.Equal(503, (await named.CallAsync("GET", "/api/timers/lag")).Status);
        Assert.Equal(200, (await gateway.CallAsync("GET", "/api/journeys")).Status);
        Assert.Single(named.Peer.Arrivals);
    }

    // A port that the system gives to nobody, on an address of its own.
    static string ClosedAddress() => $"http://127.0.0.{2 + (Interlocked.Increment(ref closed) % 250)}:1";

    /// <summary>Takes a connection and a call, and dies before it answers.</summary>
    sealed class CrashingService : IDisposable
    {
        readonly Acceptor acceptor;
        int arrivals;

        public CrashingService() => acceptor = new Acceptor(ReadCallAsync);

        public string Address => $"http://127.0.0.1:{acceptor.Port}";

        public int Arrivals => arrivals;

        public void Dispose() => acceptor.Dispose();

        // Says what every HTTP/2 server says first, and reads up to the frame that ends a request (flag 1 of headers and data). That of a call is
        // data (type 0): what ends before it is made again with good reason. The gateway's question for health has none.
        async Task ReadCallAsync(Socket connection)
        {
            await using var stream = new NetworkStream(connection);
            await stream.WriteAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 });
            await stream.ReadExactlyAsync(new byte["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".Length]);
            var head = new byte[9];
            do
            {
                await stream.ReadExactlyAsync(head);
                await stream.ReadExactlyAsync(new byte[(head[0] << 16) | (head[1] << 8) | head[2]]);
            }
            while (head[3] > 1 || (head[4] & 1) == 0);
            if (head[3] == 0)
                Interlocked.Increment(ref arrivals);
        }
    }
}
