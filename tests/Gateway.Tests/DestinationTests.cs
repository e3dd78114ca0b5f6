using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Journeys.Protos.Scheduler.V1;
using Microsoft.Extensions.Logging.Abstractions;
using Yarp.ReverseProxy.Configuration;

namespace Journeys.Gateways.Tests;

public sealed class DestinationTests
{
    [Fact]
    public async Task A_service_that_is_down_is_a_503_problem()
    {
        await using var gateway = await GatewayUnderTest.StartAsync($"--Services:Scheduler={ClosedAddress()}");

        var reply = await gateway.CallAsync("GET", "/api/timers/lag");

        Assert.Equal((503, "SERVICE_UNAVAILABLE", "1"), (reply.Status, reply.Reason, reply.Header("Retry-After")));
        Assert.Equal(200, (await gateway.CallAsync("GET", "/api/journeys")).Status);
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

        var reply = await gateway.CallAsync("GET", "/api/timers/lag");

        Assert.Equal((504, "DEADLINE_EXCEEDED"), (reply.Status, reply["code"]));
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

    static string ClosedAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
    }

    /// <summary>Takes a connection and a call, and dies before it answers.</summary>
    sealed class CrashingService : IDisposable
    {
        readonly TcpListener listener = new(IPAddress.Loopback, 0);
        int arrivals;

        public CrashingService()
        {
            listener.Start();
            _ = AcceptAsync();
        }

        public string Address => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

        public int Arrivals => arrivals;

        public void Dispose() => listener.Dispose();

        async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    using var connection = await listener.AcceptTcpClientAsync();
                    await ReadCallAsync(connection.GetStream());
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        // Says what every HTTP/2 server says first, and waits for the frame (type 1) that opens a call.
        async Task ReadCallAsync(NetworkStream stream)
        {
            await stream.WriteAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 });
            await stream.ReadExactlyAsync(new byte["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".Length]);
            var head = new byte[9];
            do
            {
                await stream.ReadExactlyAsync(head);
                await stream.ReadExactlyAsync(new byte[(head[0] << 16) | (head[1] << 8) | head[2]]);
            }
            while (head[3] != 1);
            Interlocked.Increment(ref arrivals);
        }
    }
}
