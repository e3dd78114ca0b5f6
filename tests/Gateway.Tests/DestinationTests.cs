using System.Net;
using System.Net.Sockets;

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

    static string ClosedAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
    }
}
