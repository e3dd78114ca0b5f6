using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Journeys.BuildingBlocks.Connections;

/// <summary>Proves the identity of this program to other programs of the project, and verifies theirs.</summary>
/// <remarks>
/// The files are read again for every connection, so that a new certificate needs no restart. Connections are few and
/// long-lived.
/// </remarks>
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
    /// <exception cref="OptionsValidationException">The files are missing or invalid.</exception>
    public ServiceCertificates(IOptions<TlsOptions> options, ILogger<ServiceCertificates> logger)
    {
        this.options = options.Value;
        this.logger = logger;
        if (this.options.IsOn)
            Current();
    }

    /// <summary>
    /// Returns the options to connect to a host. Without `Tls`, the authorities of the machine verify the host.
    /// </summary>
    /// <param name="host">The name or address that its certificate must have.</param>
    public SslClientAuthenticationOptions ForClient(string host)
    {
        var client = new SslClientAuthenticationOptions { TargetHost = host, ApplicationProtocols = [SslApplicationProtocol.Http2] };
        if (!options.IsOn)
            return client;

        var current = Current();
        client.ClientCertificateContext = current.Certificate;
        client.CertificateChainPolicy = current.Policy();
        // A resumed session would outlive the certificate.
        client.AllowTlsResume = false;
        return client;
    }

    /// <summary>
    /// Returns the options to accept a connection: only callers with a certificate of a trusted authority are admitted.
    /// </summary>
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

        // Limited, because anybody who can connect could fill the log.
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
            // The previous certificate stays in use until the files are complete again, because they may be written at
            // this moment.
            catch (TlsFileException exception) when (identity is not null)
            {
                logger.LogWarning("The certificate could not be reloaded: {Problem}", exception.Message);
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
