using System.Collections.Concurrent;
using System.Text.Json;
using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;

namespace Journeys.Gateways;

/// <summary>Makes the headers that a service gets. Nothing of the client's is among them but what is listed here.</summary>
public sealed class OutgoingHeaders(IdentityTokens tokens, IOptions<GatewayOptions> options, TimeProvider time)
{
    /// <summary>Tells the access service which session calls.</summary>
    public const string SessionHeader = "journeys-session";

    /// <summary>Tells the access service for whom the issuer vouches, when they have no account here yet.</summary>
    public const string IssuedHeader = "journeys-issued-bin";

    static readonly string[] PassedNatively = ["content-type", "te", "grpc-timeout", "grpc-encoding", "grpc-accept-encoding", "user-agent", RequestKey.Header];
    static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(2);

    // Signing costs more than the rest of the call; half of the lifetime is left for the way.
    readonly ConcurrentDictionary<Caller, (string Value, DateTimeOffset Until)> signed = new();
    readonly string timeout = $"{options.Value.CallTimeoutSeconds}S";

    public IHeaderDictionary Transcoded(HttpRequest request, Admitted? admitted, Rpc rpc)
    {
        var headers = new HeaderDictionary { ["content-type"] = "application/grpc", ["te"] = "trailers" };
        if (!rpc.Streams)
            headers["grpc-timeout"] = timeout;
        if (request.Headers.TryGetValue(RequestKey.Header, out var requestId))
            headers[RequestKey.Header] = CheckRequestId(requestId.ToString());
        Identify(headers, admitted);
        return headers;
    }

    public IHeaderDictionary Native(HttpContext context, Admitted? admitted)
    {
        var headers = new HeaderDictionary();
        foreach (var name in PassedNatively)
        {
            if (context.Request.Headers.TryGetValue(name, out var value))
                headers[name] = value;
        }

        Identify(headers, admitted);
        return headers;
    }

    // Metadata cannot be anything else; how long it may be is for the service to say.
    static string CheckRequestId(string requestId) =>
        requestId.All(sign => sign is >= ' ' and <= '~') ? requestId : throw new InvalidInput("Idempotency-Key", "must be printable ASCII.");

    void Identify(HeaderDictionary headers, Admitted? admitted)
    {
        if (admitted is null)
            return;

        headers["authorization"] = TokenOf(admitted.Caller);
        if (admitted.SessionId is { } session)
            headers[SessionHeader] = session.ToString();
        if (admitted.Issued is { } issued)
            headers[IssuedHeader] = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(issued));
    }

    string TokenOf(Caller caller)
    {
        var now = time.GetUtcNow();
        if (signed.TryGetValue(caller, out var token) && now < token.Until)
            return token.Value;

        if (signed.Count > 10_000)
            signed.Clear();
        token = ($"Bearer {tokens.Sign(caller, TokenLifetime)}", now + (TokenLifetime / 2));
        signed[caller] = token;
        return token.Value;
    }
}
