using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Journeys.EmbeddedPostgres;

namespace Journeys.Testing;

/// <summary>
/// A real nginx with TLS in front of a gateway, with the settings of `deploy/nginx`, from the system's package
/// `nginx-light`.
/// </summary>
public sealed class TlsProxy : IAsyncDisposable
{
    const string Program = "/usr/sbin/nginx";

    readonly ChildProcess process;
    readonly X509Certificate2 authority;

    TlsProxy(ChildProcess process, TestCertificate certificate, Uri address)
    {
        this.process = process;
        authority = X509CertificateLoader.LoadCertificateFromFile(certificate.AuthorityFile);
        Address = address;
    }

    /// <summary>The address for clients.</summary>
    public Uri Address { get; }

    /// <summary>Starts nginx.</summary>
    /// <param name="gateway">The gateway's address for REST.</param>
    /// <param name="grpc">The gateway's address for native gRPC.</param>
    /// <param name="change">Changes the settings before the start.</param>
    /// <exception cref="InvalidOperationException">The package is missing.</exception>
    public static async Task<TlsProxy> StartAsync(Uri gateway, Uri grpc, Func<string, string>? change = null)
    {
        if (!File.Exists(Program))
            throw new InvalidOperationException("nginx is missing: install the package nginx-light.");

        using var authority = new TestAuthority();
        var certificate = authority.Issue();
        var folder = certificate.Folder;
        var port = FreePort.Next();
        var site = Replace(await File.ReadAllTextAsync(RepoRoot.Under("deploy/nginx/journeys.conf")),
            ("listen 443 ", $"listen 127.0.0.1:{port} "),
            ("journeys.example.com", "localhost"),
            ("/etc/nginx/journeys/tls", $"{folder}/tls"),
            ("server gateway:8080;", $"server {gateway.Authority};"),
            ("server gateway:8081;", $"server {grpc.Authority};"));
        await File.WriteAllTextAsync(Path.Combine(folder, "journeys.conf"), change?.Invoke(site) ?? site);
        var settings = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(settings, $$"""
            daemon off;
            master_process off;
            pid {{folder}}/nginx.pid;
            error_log stderr notice;
            events { }
            http {
              access_log off;
              client_body_temp_path {{folder}}/body;
              proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi;
              uwsgi_temp_path {{folder}}/uwsgi;
              scgi_temp_path {{folder}}/scgi;
              include {{folder}}/journeys.conf;
            }

            """);

        var process = ChildProcess.Start(Program, ["-e", "stderr", "-p", folder, "-c", settings]);
        // Once it logs this line, it is listening.
        await process.WaitForLineAsync(" OS: ", TimeSpan.FromMinutes(2));
        return new TlsProxy(process, certificate, new Uri($"https://localhost:{port}"));
    }

    /// <summary>Returns a client on this machine with a source address of its own.</summary>
    /// <param name="from">An address of the loopback network, such as 127.1.0.1.</param>
    public HttpClient ClientAt(string from) => new(new SocketsHttpHandler
    {
        UseCookies = false,
        SslOptions =
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { authority },
            },
        },
        ConnectCallback = async (context, ct) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = Address,
    };

    /// <summary>Stops nginx.</summary>
    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        authority.Dispose();
    }

    static string Replace(string text, params IEnumerable<(string Old, string New)> changes) => changes.Aggregate(text, (changed, change) =>
        changed.Contains(change.Old, StringComparison.Ordinal)
            ? changed.Replace(change.Old, change.New, StringComparison.Ordinal)
            : throw new InvalidOperationException($"deploy/nginx/journeys.conf does not say {change.Old}"));
}
