using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Journeys.Access.Callers;

/// <summary>
/// Reads the configuration and the signing keys of the issuer, and refreshes them before they expire.
/// </summary>
/// <remarks>
/// A withdrawn key is accepted for at most `Access:Oidc:KeysSeconds`, or at most an hour while the issuer does not
/// answer.
/// </remarks>
public sealed class IssuerKeys(IOptions<AccessOptions> options, IHttpClientFactory clients, TimeProvider time, ILogger<IssuerKeys> logger) : IDisposable
{
    static readonly TimeSpan BetweenCalls = TimeSpan.FromSeconds(5);
    static readonly TimeSpan Oldest = TimeSpan.FromHours(1);

    readonly OidcOptions oidc = options.Value.Oidc;
    readonly SemaphoreSlim gate = new(1, 1);
    OpenIdConnectConfiguration? known;
    DateTimeOffset readAt;
    DateTimeOffset triedAt;

    /// <param name="unlike">
    /// The configuration whose keys did not verify the token, to get a newer one; null to accept the cached one.
    /// </param>
    /// <exception cref="IssuerUnavailable">
    /// The issuer cannot be reached and the cached configuration is too old.
    /// </exception>
    public async Task<OpenIdConnectConfiguration> GetAsync(OpenIdConnectConfiguration? unlike, CancellationToken ct)
    {
        if (Known(unlike) is { } young)
            return young;

        await gate.WaitAsync(ct);
        try
        {
            if (Known(unlike) is { } fetchedMeanwhile)
                return fetchedMeanwhile;
            // Limits the calls to the issuer, because forged tokens with invented key ids would cause one each.
            if (time.GetUtcNow() - triedAt >= (IsOld() ? TimeSpan.FromSeconds(1) : BetweenCalls))
                await ReadAsync(ct);
            return known is not null && time.GetUtcNow() - readAt < Oldest
                ? known
                : throw new IssuerUnavailable();
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    OpenIdConnectConfiguration? Known(OpenIdConnectConfiguration? unlike) => ReferenceEquals(known, unlike) || IsOld() ? null : known;

    bool IsOld() => known is null || time.GetUtcNow() - readAt >= TimeSpan.FromSeconds(oidc.KeysSeconds);

    async Task ReadAsync(CancellationToken ct)
    {
        triedAt = time.GetUtcNow();
        var address = $"{oidc.Authority.TrimEnd('/')}/.well-known/openid-configuration";
        using var client = clients.CreateClient(nameof(IssuerKeys));
        client.Timeout = TimeSpan.FromSeconds(5);
        var documents = new HttpDocumentRetriever(client) { RequireHttps = !new Uri(oidc.Authority).IsLoopback };
        try
        {
            known = await OpenIdConnectConfigurationRetriever.GetAsync(address, documents, ct);
            readAt = time.GetUtcNow();
        }
        catch (Exception exception) when (!ct.IsCancellationRequested)
        {
            logger.LogError(exception, "The signing keys of the issuer {Authority} cannot be read", oidc.Authority);
        }
    }
}
