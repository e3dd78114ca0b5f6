using Grpc.Core;
using Grpc.Net.Client;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Scheduler.V1;
using Journeys.Testing;

namespace Journeys.Gateways.Tests;

/// <summary>A gateway that reaches its services by mutual TLS, with real certificates.</summary>
public sealed class MutualTlsTests : IAsyncLifetime, IDisposable
{
    readonly TestAuthority authority = new();
    TestCertificate own = null!;
    Peer peer = null!;

    public async Task InitializeAsync()
    {
        own = authority.Issue();
        peer = await StartPeerAsync(own);
    }

    public async Task DisposeAsync() => await peer.DisposeAsync();

    public void Dispose() => authority.Dispose();

    [Fact]
    public async Task Calls_streams_and_native_gRPC_reach_a_service_by_mutual_TLS()
    {
        await using var gateway = await StartGatewayAsync(peer.Address);
        peer.Watch = (_, stream, _) => stream.WriteAsync(new WatchResponse());
        using var channel = GrpcChannel.ForAddress(gateway.GrpcAddress);

        var reply = await gateway.CallAsync("GET", "/api/timers/lag");
        var stream = await gateway.CallAsync("GET", "/sdk/stream?anonymousId=a1", key: GatewayUnderTest.PublishableKey);
        await new SchedulerService.SchedulerServiceClient(channel).ListJobsAsync(new(), new Metadata { { "x-api-key", GatewayUnderTest.SecretKey } });

        Assert.StartsWith("https://", peer.Address, StringComparison.Ordinal);
        Assert.Equal((200, 200), (reply.Status, stream.Status));
        Assert.Equal(["GetTimerLag", "ListJobs"], peer.Arrivals.Select(arrival => arrival.Method));
        // The gateway's own service is in the same process and needs no certificate.
        Assert.Equal(200, (await gateway.CallAsync("GET", "/api/sites")).Status);
    }

    [Fact]
    public async Task A_replica_that_is_found_by_a_name_is_known_by_the_name_also_when_it_was_away()
    {
        // The gateway connects to an address, for which neither has a certificate.
        await using var right = await StartPeerAsync(authority.Issue(address: ""));
        await using var wrong = await StartPeerAsync(authority.Issue(name: "another.example.com", address: ""));
        using var stranger = new TestAuthority();
        var later = stranger.Issue();
        File.Copy(own.AuthorityFile, later.AuthorityFile, overwrite: true);
        await using var gateway = await StartGatewayAsync(
            peer.Address,
            [.. later.Arguments, "--Gateway:ReplicasByName=true", "--Gateway:ActiveHealth=true", $"--Services:Scheduler={AtLocalhost(right)}", $"--Services:Enrollment={AtLocalhost(wrong)}"]);

        Assert.Equal(503, (await gateway.CallAsync("GET", "/api/timers/lag")).Status);
        authority.Issue(later.Folder);

        await Eventually.Equal(200, async () => (await gateway.CallAsync("GET", "/api/timers/lag")).Status, "the replica to be back");
        Assert.Equal(503, (await gateway.CallAsync("GET", "/api/users")).Status);
        Assert.Empty(wrong.Arrivals);
    }

    [Fact]
    public async Task A_service_that_the_gateway_does_not_know_gets_no_call_and_another_replica_does()
    {
        const int calls = 6;
        using var stranger = new TestAuthority();
        await using var impostor = await StartPeerAsync(stranger.Issue());
        using var slamming = new SlammingAddress();
        await using var gateway = await StartGatewayAsync(peer.Address, $"--Services:Scheduler={impostor.Address},{new UriBuilder(slamming.Address) { Scheme = "https" }.Uri},{peer.Address}");

        for (var call = 0; call < calls; call++)
            Assert.Equal(200, (await gateway.CallAsync("POST", "/api/dead-letters/resend")).Status);

        Assert.Equal((calls, 0), (peer.Arrivals.Count, impostor.Arrivals.Count));
    }

    [Fact]
    public async Task A_gateway_whose_certificate_nobody_knows_reaches_nothing_until_it_has_another()
    {
        using var stranger = new TestAuthority();
        var foreign = stranger.Issue();
        File.Copy(own.AuthorityFile, foreign.AuthorityFile, overwrite: true);
        await using var gateway = await StartGatewayAsync(peer.Address, foreign.Arguments);

        var refused = await gateway.CallAsync("GET", "/api/timers/lag");
        var arrivals = peer.Arrivals.Count;
        authority.Issue(foreign.Folder);

        Assert.Equal((503, "SERVICE_UNAVAILABLE", 0), (refused.Status, refused.Reason, arrivals));
        await Eventually.Equal(200, async () => (await gateway.CallAsync("GET", "/api/timers/lag")).Status, "the new certificate to be used");
    }

    static Uri AtLocalhost(Peer peer) => new UriBuilder(peer.Address) { Host = "localhost" }.Uri;

    Task<Peer> StartPeerAsync(TestCertificate certificate) =>
        Peer.StartAsync(GatewayUnderTest.SigningKey, ["--urls=https://127.0.0.1:0", .. certificate.Arguments]);

    Task<GatewayUnderTest> StartGatewayAsync(string address, params string[] settings) => GatewayUnderTest.StartAsync(
    [
        .. own.Arguments, $"--Services:Definition={address}", $"--Services:Enrollment={address}", $"--Services:Scheduler={address}", .. settings,
    ]);
}
