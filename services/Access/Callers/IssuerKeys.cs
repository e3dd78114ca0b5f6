using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Journeys.Access.Callers;

/// <summary>What the issuer says of itself, with its signing keys, asked for again before it gets old.</summary>
/// <remarks>A withdrawn key is believed for at most `Access:Oidc:KeysSeconds`; for at most an hour while the issuer does not answer.</remarks>
public sealed class IssuerKeys(IOptions<AccessOptions> options, IHttpClientFactory clients, TimeProvider time, ILogger<IssuerKeys> logger) : IDisposable
{
    static readonly TimeSpan BetweenCalls = TimeSpan.FromSeconds(5);
    static readonly TimeSpan Oldest = TimeSpan.FromHours(1);

    readonly OidcOptions oidc = options.Value.Oidc;
    readonly SemaphoreSlim gate = new(1, 1);
    OpenIdConnectConfiguration? known;
    DateTimeOffset readAt;
    DateTimeOffset triedAt;

    /// <param name="unlike">Keys that did not fit, so that others are wanted; null takes those that are young enough.</param>
    /// <exception cref="IssuerUnavailable">The issuer cannot be reached and nothing young enough is known.</exception>
    public async Task<OpenIdConnectConfiguration> GetAsync(OpenIdConnectConfiguration? unlike, CancellationToken ct)
    {
        if (Known(unlike) is { } young)
            return young;

        await gate.WaitAsync(ct);
        try
        {
            if (Known(unlike) is { } fetchedMeanwhile)
                return fetchedMeanwhile;
            // Forged tokens with made-up key ids must not make us ask the issuer as often as they come.
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
