using Journeys.BuildingBlocks.Connections;
using Journeys.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>The certificates of a program without a program.</summary>
static class Certificates
{
    public static ServiceCertificates None => With(new TlsOptions());

    public static ServiceCertificates Of(TestCertificate files) =>
        With(new TlsOptions { CertificateFile = files.CertificateFile, KeyFile = files.KeyFile, AuthorityFile = files.AuthorityFile });

    static ServiceCertificates With(TlsOptions options) => new(Options.Create(options), NullLogger<ServiceCertificates>.Instance);
}
