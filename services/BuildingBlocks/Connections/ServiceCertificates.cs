using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Journeys.BuildingBlocks.Connections;

/// <summary>How this program shows who it is to other programs of the project, and how it knows them.</summary>
/// <remarks>The files are read again for every connection, so that a new certificate needs no restart. Connections are few and last long.</remarks>
public sealed class ServiceCertificates
{
    static readonly TimeSpan BetweenWarnings = TimeSpan.FromSeconds(1);

    readonly TlsOptions options;
    readonly ILogger<ServiceCertificates> logger;
    readonly Lock turn = new();
    TlsFiles? known;
    TlsFiles? unusable;
    TlsIdentity? identity;
    long warnedAt = Environment.TickCount64 - (long)BetweenWarnings.TotalMilliseconds;

    /// <summary>Reads the files for the first time.</summary>
    /// <exception cref="OptionsValidationException">They are not what they must be.</exception>
    public ServiceCertificates(IOptions<TlsOptions> options, ILogger<ServiceCertificates> logger)
    {
        this.options = options.Value;
        this.logger = logger;
        if (this.options.IsOn)
            Current();
    }

    /// <summary>How to connect to a host. Without `Tls` the host is known by the authorities of the machine.</summary>
    /// <param name="host">The name or address that its certificate must have.</param>
    public SslClientAuthenticationOptions ForClient(string host)
    {
        var client = new SslClientAuthenticationOptions { TargetHost = host, ApplicationProtocols = [SslApplicationProtocol.Http2] };
        if (!options.IsOn)
            return client;

        var current = Current();
        client.ClientCertificateContext = current.Certificate;
        client.CertificateChainPolicy = current.Policy();
        // A session that is resumed would outlive the certificate.
        client.AllowTlsResume = false;
        return client;
    }

    /// <summary>How to answer who connects: only who has a certificate of an authority of ours gets in.</summary>
    public SslServerAuthenticationOptions ForServer(EndPoint? caller)
    {
        var current = Current();
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = current.Certificate,
            ClientCertificateRequired = true,
            CertificateChainPolicy = current.Policy(),
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            AllowTlsResume = false,
            AllowRenegotiation = false,
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Accepts(caller, certificate?.Subject, Describe(errors, chain?.ChainStatus ?? [])),
        };
    }

    static string Describe(SslPolicyErrors errors, IEnumerable<X509ChainStatus> chain) => errors switch
    {
        SslPolicyErrors.None => "",
        _ => string.Join(", ", chain.Select(each => each.Status.ToString()).Append(errors.ToString()).Distinct()),
    };

    bool Accepts(EndPoint? caller, string? subject, string problem)
    {
        if (problem.Length == 0)
            return true;

        // Whoever can connect could fill the log.
        var now = Environment.TickCount64;
        if (now - Interlocked.Read(ref warnedAt) >= BetweenWarnings.TotalMilliseconds)
        {
            Interlocked.Exchange(ref warnedAt, now);
            logger.LogWarning("A connection from {Caller} is refused because of its certificate ({Subject}): {Problem}", caller, subject ?? "none", problem);
        }

        return false;
    }

    TlsIdentity Current()
    {
        lock (turn)
        {
            try
            {
                var files = TlsFiles.Read(options);
                if (!files.AreLike(known) && !files.AreLike(unusable))
                    Use(files);
            }
            // What was read last goes on until the files are whole again: they may be just being written.
            catch (TlsFileException exception) when (identity is not null)
            {
                logger.LogWarning("The certificate is not read again: {Problem}", exception.Message);
            }

            return identity!;
        }
    }

    void Use(TlsFiles files)
    {
        try
        {
            var isFirst = identity is null;
            (identity, known, unusable) = (files.Load(), files, null);
            if (!isFirst)
                logger.LogInformation("New connections use the certificate that is valid until {NotAfter:u}", identity.Certificate.TargetCertificate.NotAfter);
        }
        catch (TlsFileException)
        {
            unusable = files;
            throw;
        }
    }
}
