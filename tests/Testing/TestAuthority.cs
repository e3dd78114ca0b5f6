using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Journeys.Testing;

/// <summary>A certificate authority for a test, with real keys and signatures.</summary>
public sealed class TestAuthority : IDisposable
{
    readonly X509Certificate2 root;

    /// <summary>Creates its key and its own certificate.</summary>
    public TestAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-2), DateTimeOffset.UtcNow.AddYears(2));
    }

    /// <summary>Writes a certificate for this machine, its key and the authority's certificate into a folder.</summary>
    /// <param name="folder">The folder; null for a new one.</param>
    /// <param name="name">The host name of the certificate.</param>
    /// <param name="address">An additional IP address of the certificate; empty for none.</param>
    /// <param name="days">The days until it expires; negative for an expired certificate.</param>
    public TestCertificate Issue(string? folder = null, string name = "localhost", string address = "127.0.0.1", double days = 1)
    {
        var files = new TestCertificate(folder ?? TestFolder.Create("certificate"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        if (address.Length > 0)
            names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(root, true, false));
        using var certificate = request.Create(
            root, DateTimeOffset.UtcNow.AddYears(-1), DateTimeOffset.UtcNow.AddDays(days), RandomNumberGenerator.GetBytes(16));

        File.WriteAllText(files.CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(files.KeyFile, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(files.AuthorityFile, root.ExportCertificatePem());
        return files;
    }

    /// <summary>Disposes its key.</summary>
    public void Dispose() => root.Dispose();
}

/// <summary>The files of a certificate.</summary>
public sealed record TestCertificate(string Folder)
{
    public string CertificateFile => Path.Combine(Folder, "tls.crt");

    public string KeyFile => Path.Combine(Folder, "tls.key");

    public string AuthorityFile => Path.Combine(Folder, "ca.crt");

    /// <summary>The settings that name the files.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["Tls:CertificateFile"] = CertificateFile,
        ["Tls:KeyFile"] = KeyFile,
        ["Tls:AuthorityFile"] = AuthorityFile,
    };

    /// <summary>The settings as arguments of a program.</summary>
    public string[] Arguments => [.. Settings.Select(setting => $"--{setting.Key}={setting.Value}")];

    /// <summary>Loads the certificate with its key.</summary>
    public X509Certificate2 Load() => X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile);
}
