using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Journeys.BuildingBlocks.Connections;

/// <summary>The contents of the files that <see cref="TlsOptions"/> names, at the time they were read.</summary>
sealed record TlsFiles(TlsOptions Options, byte[] Certificate, byte[] Key, byte[] Authority)
{
    /// <summary>Reads the files.</summary>
    /// <exception cref="TlsFileException">A file is not named or cannot be read.</exception>
    public static TlsFiles Read(TlsOptions options) => new(
        options,
        Read(nameof(TlsOptions.CertificateFile), options.CertificateFile),
        Read(nameof(TlsOptions.KeyFile), options.KeyFile),
        Read(nameof(TlsOptions.AuthorityFile), options.AuthorityFile));

    /// <summary>Returns whether the files have the same contents as the others.</summary>
    public bool AreLike(TlsFiles? others) =>
        others is not null
        && Certificate.AsSpan().SequenceEqual(others.Certificate)
        && Key.AsSpan().SequenceEqual(others.Key)
        && Authority.AsSpan().SequenceEqual(others.Authority);

    /// <summary>Loads the certificates from the contents.</summary>
    /// <exception cref="TlsFileException">
    /// A file holds no certificate, the files do not belong together, or the certificate is not valid now.
    /// </exception>
    public TlsIdentity Load()
    {
        var chain = ReadCertificates(nameof(TlsOptions.CertificateFile), Options.CertificateFile, Certificate);
        var authorities = ReadCertificates(nameof(TlsOptions.AuthorityFile), Options.AuthorityFile, Authority);
        var own = WithKey();
        if (DateTime.Now < own.NotBefore || DateTime.Now > own.NotAfter)
        {
            throw new TlsFileException(
                $"Tls:CertificateFile: the certificate in {Options.CertificateFile} is valid from {own.NotBefore:u} to {own.NotAfter:u} only.");
        }

        chain.RemoveAt(0);
        return new TlsIdentity(SslStreamCertificateContext.Create(own, chain, offline: true), authorities);
    }

    static byte[] Read(string key, string file)
    {
        if (file.Length == 0)
            throw new TlsFileException($"Tls:{key} is missing: mutual TLS takes CertificateFile, KeyFile and AuthorityFile.");

        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TlsFileException($"Tls:{key}: {file} cannot be read: {exception.Message}");
        }
    }

    static X509Certificate2Collection ReadCertificates(string key, string file, byte[] pem)
    {
        try
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPem(Encoding.UTF8.GetString(pem));
            return found.Count > 0 ? found : throw new TlsFileException($"Tls:{key}: {file} has no certificate in PEM.");
        }
        catch (CryptographicException exception)
        {
            throw new TlsFileException($"Tls:{key}: {file} cannot be read as PEM: {exception.Message}");
        }
    }

    X509Certificate2 WithKey()
    {
        try
        {
            return X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(Certificate), Encoding.UTF8.GetString(Key));
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new TlsFileException($"Tls:KeyFile: {Options.KeyFile} is not the key of the certificate in {Options.CertificateFile}: {exception.Message}");
        }
    }
}

/// <summary>A certificate with its key, and the trusted authorities.</summary>
sealed record TlsIdentity(SslStreamCertificateContext Certificate, X509Certificate2Collection Authorities)
{
    /// <summary>
    /// Returns how the certificate of the other side is verified. Its name and purpose are verified separately.
    /// </summary>
    public X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(Authorities);
        return policy;
    }
}

/// <summary>A file of `Tls` is missing or invalid. The message names the setting.</summary>
sealed class TlsFileException(string message) : InvalidOperationException(message);
