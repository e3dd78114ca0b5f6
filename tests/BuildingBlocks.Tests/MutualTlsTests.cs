using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Journeys.BuildingBlocks.Connections;
using Journeys.Protos.Scheduler.V1;
using Journeys.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>Services that know each other by certificates, with real ones.</summary>
public sealed class MutualTlsTests : IAsyncLifetime, IDisposable
{
    readonly TestAuthority authority = new();
    TestCertificate own = null!;
    TestService service = null!;
    int arrived;

    public async Task InitializeAsync()
    {
        own = authority.Issue();
        service = await StartAsync(own);
    }

    public async Task DisposeAsync() => await service.DisposeAsync();

    public void Dispose() => authority.Dispose();

    [Fact]
    public async Task A_service_with_a_certificate_of_the_authority_is_answered()
    {
        await using var caller = Caller(authority.Issue(), service.Address);

        await CallAsync(caller);

        Assert.StartsWith("https://", service.Address, StringComparison.Ordinal);
        Assert.Equal(1, arrived);
    }

    [Fact]
    public async Task Whoever_has_no_certificate_of_the_authority_does_not_get_in()
    {
        using var stranger = new TestAuthority();
        // It trusts the service, and the service does not trust it.
        var foreign = stranger.Issue();
        File.Copy(own.AuthorityFile, foreign.AuthorityFile, overwrite: true);

        foreach (var certificate in new[] { null, foreign, authority.Issue(days: -1) })
            await RefusedAsync(certificate);

        Assert.Equal(0, arrived);
    }

    [Fact]
    public async Task A_service_that_cannot_show_who_it_is_gets_no_call()
    {
        using var stranger = new TestAuthority();

        foreach (var certificate in new[] { stranger.Issue(), authority.Issue(name: "another.example.com", address: ""), authority.Issue(days: -1) })
        {
            await using var impostor = new TlsServer(certificate, listens: true);
            await using var caller = Caller(own, impostor.Address.ToString());
            var refused = await Assert.ThrowsAsync<RpcException>(() => CallAsync(caller));
            Assert.Equal((StatusCode.Unavailable, 0), (refused.StatusCode, impostor.Heard));
        }
    }

    [Fact]
    public async Task A_call_goes_on_to_a_replica_with_the_right_certificate()
    {
        const int calls = 6;
        using var stranger = new TestAuthority();
        await using var wrong = new TlsServer(stranger.Issue());
        using var slamming = new SlammingAddress();
        using var silent = new SilentAddress();
        await using var caller = Caller(own, $"{wrong.Address},{Https(slamming.Address)},{Https(silent.Address)},{service.Address}");

        await Task.WhenAll(Enumerable.Range(0, calls).Select(_ => CallAsync(caller)));

        Assert.Equal(calls, arrived);
    }

    [Fact]
    public async Task Whenever_a_connection_ends_before_the_first_word_the_call_is_known_not_to_have_arrived()
    {
        const int calls = 200;
        await using var slamming = new TlsServer(own);
        using var handler = new SocketsHttpHandler();
        new ServiceConnections([slamming.Address], Certificates.Of(own)).Configure(handler);
        using var client = Http2(handler);

        for (var call = 0; call < calls; call++)
        {
            var failure = await Assert.ThrowsAnyAsync<Exception>(() => client.PostAsync(slamming.Address, new StringContent("a call")));
            Assert.True(ServiceConnections.NeverArrived(failure), failure.ToString());
        }

        Assert.Equal(calls, slamming.Accepted);
    }

    [Fact]
    public async Task A_call_with_a_certificate_that_is_refused_is_known_not_to_have_arrived()
    {
        const int calls = 100;
        using var stranger = new TestAuthority();
        var foreign = stranger.Issue();
        File.Copy(own.AuthorityFile, foreign.AuthorityFile, overwrite: true);
        using var handler = new SocketsHttpHandler();
        new ServiceConnections([new Uri(service.Address)], Certificates.Of(foreign)).Configure(handler);
        using var client = Http2(handler);

        for (var call = 0; call < calls; call++)
        {
            var failure = await Assert.ThrowsAnyAsync<Exception>(() => client.PostAsync(new Uri(service.Address), new StringContent("a call")));
            Assert.True(ServiceConnections.NeverArrived(failure), failure.ToString());
        }
    }

    [Fact]
    public async Task A_new_certificate_is_used_without_a_restart()
    {
        using var next = new TestAuthority();
        var callers = authority.Issue();
        await using var before = Caller(callers, service.Address);
        await CallAsync(before);

        next.Issue(own.Folder);

        await RefusedAsync(callers);
        next.Issue(callers.Folder);
        // Its handlers keep their connections, so this one connects anew.
        await using var after = Caller(callers, service.Address);
        await CallAsync(after);
        await CallAsync(before);
        Assert.Equal(3, arrived);
    }

    [Fact]
    public async Task A_certificate_that_is_half_written_is_passed_over()
    {
        await File.WriteAllTextAsync(own.KeyFile, (await File.ReadAllTextAsync(authority.Issue().KeyFile))[..40]);
        await using var caller = Caller(authority.Issue(), service.Address);

        await CallAsync(caller);

        Assert.Equal(1, arrived);
    }

    [Fact]
    public async Task Probes_need_no_certificate_and_reach_nothing_but_health()
    {
        using var http = Http2(new SocketsHttpHandler());
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(service.HealthAddress);

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(service.HealthAddress, "/health/ready"))).StatusCode);
        Assert.Equal(
            Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving, (await new Grpc.Health.V1.Health.HealthClient(channel).CheckAsync(new())).Status);
        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await new SchedulerService.SchedulerServiceClient(channel).GetJobAsync(new(), service.As(Protos.Options.V1.Access.Types.Role.Admin)));
        Assert.Equal((StatusCode.Unimplemented, 0), (refused.StatusCode, arrived));
    }

    [Fact]
    public async Task What_is_wrong_with_the_files_is_said_at_start()
    {
        var other = authority.Issue();
        using var stranger = new TestAuthority();
        var cases = new (string Setting, string Problem)[]
        {
            ("--Tls:KeyFile=", "Tls:KeyFile is missing"),
            ("--Tls:AuthorityFile=/nowhere/ca.crt", "Tls:AuthorityFile: /nowhere/ca.crt cannot be read"),
            ($"--Tls:KeyFile={other.KeyFile}", "Tls:KeyFile"),
            ($"--Tls:AuthorityFile={own.KeyFile}", "has no certificate"),
            ($"--Tls:CertificateFile={own.KeyFile}", "Tls:CertificateFile"),
            ("--urls=http://127.0.0.1:0", "urls must begin with https://"),
            ("--Tls:HealthUrl=https://127.0.0.1:0", "Tls:HealthUrl must begin with http://"),
            ("--Tls:HealthUrl=here", "Tls:HealthUrl must be an address"),
        };

        foreach (var (setting, problem) in cases)
        {
            var failure = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(own, setting));
            Assert.True(failure is InvalidOperationException or OptionsValidationException, failure.ToString());
            Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', failure.Message);
        }

        var ended = authority.Issue(days: -1);
        Assert.Contains("is valid from", (await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(ended))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:7101")]
    [InlineData("https://127.0.0.1:7101,http://127.0.0.1:7102")]
    public void With_certificates_no_service_is_called_in_cleartext(string addresses)
    {
        var failure = Assert.Throws<InvalidOperationException>(() => Caller(own, addresses));

        Assert.Contains("Services:Scheduler must begin with https://", failure.Message, StringComparison.Ordinal);
    }

    Task<TestService> StartAsync(TestCertificate certificate, params string[] settings) => TestService.StartAsync(
        _ =>
        {
            Interlocked.Increment(ref arrived);
            return Task.FromResult(new Job());
        },
        null, ["--urls=https://127.0.0.1:0", "--Tls:HealthUrl=http://127.0.0.1:0", .. certificate.Arguments, .. settings]);

    WebApplication Caller(TestCertificate certificate, string addresses)
    {
        var builder = WebApplication.CreateBuilder([$"--Services:Scheduler={addresses}", .. certificate.Arguments]);
        builder.AddServiceDefaults("test");
        builder.Services.AddSingleton(service.Tokens);
        builder.AddServiceClient<SchedulerService.SchedulerServiceClient>("Scheduler");
        return builder.Build();
    }

    static async Task<Job> CallAsync(WebApplication caller) =>
        await caller.Services.GetRequiredService<SchedulerService.SchedulerServiceClient>()
            .GetJobAsync(new GetJobRequest(), ServiceCall.For(Guid.CreateVersion7(), CancellationToken.None, TimeSpan.FromSeconds(20)));

    // As plain as can be: no client of ours would connect without a certificate, or with one that has ended.
    async Task RefusedAsync(TestCertificate? certificate)
    {
        using var handler = new SocketsHttpHandler();
#pragma warning disable CA5359 // It is the service that must refuse.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        if (certificate is not null)
            handler.SslOptions.ClientCertificates = [certificate.Load()];
        using var client = Http2(handler);

        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"{service.Address}/health/live")));
        Assert.Null(failure.StatusCode);
    }

    static HttpClient Http2(SocketsHttpHandler handler) => new(handler)
    {
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    static Uri Https(Uri address) => new UriBuilder(address) { Scheme = "https" }.Uri;

    /// <summary>Makes TLS connections and resets each, before or after it has heard something.</summary>
    sealed class TlsServer : IAsyncDisposable
    {
        readonly TcpListener listener = new(IPAddress.Loopback, 0);
        readonly CancellationTokenSource end = new();
        readonly X509Certificate2 certificate;
        readonly bool listens;
        readonly Task accepting;

        public TlsServer(TestCertificate files, bool listens = false)
        {
            (certificate, this.listens) = (files.Load(), listens);
            listener.Start();
            accepting = AcceptAsync();
        }

        public Uri Address => new($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

        /// <summary>Connections that were made.</summary>
        public int Accepted { get; private set; }

        /// <summary>Connections on which something was said.</summary>
        public int Heard { get; private set; }

        public async ValueTask DisposeAsync()
        {
            await end.CancelAsync();
            await accepting;
            listener.Dispose();
            certificate.Dispose();
            end.Dispose();
        }

        async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    using var connection = await listener.AcceptSocketAsync(end.Token);
                    connection.LingerState = new LingerOption(true, 0);
                    connection.NoDelay = true;
                    await using var tls = new SslStream(new NetworkStream(connection));
                    await ServeAsync(tls);
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }

        async Task ServeAsync(SslStream tls)
        {
            try
            {
                // Asks the client for nothing.
                await tls.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions { ServerCertificate = certificate, ApplicationProtocols = [SslApplicationProtocol.Http2] }, end.Token);
                Accepted++;
                if (listens && await tls.ReadAsync(new byte[1], end.Token) > 0)
                    Heard++;
            }
            catch (Exception exception) when (exception is IOException or AuthenticationException)
            {
                // The client did not want to go on.
            }
        }
    }
}
