using Microsoft.Extensions.Options;

namespace Journeys.BuildingBlocks.Connections;

/// <summary>
/// The settings under `Tls`: mutual TLS between the gateway and the services. Cleartext when all are empty.
/// </summary>
public sealed record TlsOptions
{
    /// <summary>PEM with this program's certificate, and its intermediates after it. It identifies the program as a server and as a client.</summary>
    public string CertificateFile { get; init; } = "";

    /// <summary>PEM with the private key of the certificate, without a password.</summary>
    public string KeyFile { get; init; } = "";

    /// <summary>PEM with the root authorities; one of them must have signed the certificate of every program.</summary>
    public string AuthorityFile { get; init; } = "";

    /// <summary>
    /// The address where a service answers health checks, and nothing else, in cleartext HTTP/2, because probes have no
    /// certificate. Empty for none.
    /// </summary>
    public string HealthUrl { get; init; } = "";

    /// <summary>Whether any file is named; then all of them must be.</summary>
    public bool IsOn => CertificateFile.Length + KeyFile.Length + AuthorityFile.Length > 0;
}

/// <summary>Reads the files at start, so that a problem with them is reported before anybody connects.</summary>
sealed class TlsOptionsCheck : IValidateOptions<TlsOptions>
{
    public ValidateOptionsResult Validate(string? name, TlsOptions options)
    {
        if (!options.IsOn)
            return ValidateOptionsResult.Success;

        try
        {
            TlsFiles.Read(options).Load();
            return ValidateOptionsResult.Success;
        }
        catch (TlsFileException exception)
        {
            return ValidateOptionsResult.Fail(exception.Message);
        }
    }
}
