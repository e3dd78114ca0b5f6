using System.Collections.Concurrent;
using System.Text.Json;
using Journeys.Access;
using Journeys.Access.Callers;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Identities;
using Journeys.BuildingBlocks.Requests;
using Journeys.Gateways.Routing;

namespace Journeys.Gateways.Admissions;

/// <summary>Makes the headers that a service receives. Only the listed headers of the client are passed on.</summary>
public sealed class OutgoingHeaders(IdentityTokens tokens, AccessSocket access, TimeProvider time)
{
    static readonly string[] PassedNatively =
        ["content-type", "te", "grpc-timeout", "grpc-encoding", "grpc-accept-encoding", "user-agent", RequestKey.Header];
    static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(2);

    // Tokens are cached because signing costs more than the rest of the call. A cached token has at least half of its
    // lifetime left.
    readonly ConcurrentDictionary<Caller, (string Value, DateTimeOffset Until)> signed = new();

    public IHeaderDictionary Transcoded(HttpContext context, Admitted? admitted, Rpc rpc)
    {
        var headers = new HeaderDictionary { ["content-type"] = "application/grpc", ["te"] = "trailers" };
        if (!rpc.Streams)
            headers["grpc-timeout"] = CallTime.Of(context).GrpcTimeout;
        if (context.Request.Headers.TryGetValue(RequestKey.Header, out var requestId))
            headers[RequestKey.Header] = Check("Idempotency-Key", requestId.ToString());
        Identify(headers, admitted, rpc);
        return headers;
    }

    public IHeaderDictionary Native(HttpContext context, Admitted? admitted, Rpc rpc)
    {
        var headers = new HeaderDictionary();
        foreach (var name in PassedNatively)
        {
            if (context.Request.Headers.TryGetValue(name, out var value) && (name != "user-agent" || IsPrintable(value.ToString())))
                headers[name] = Check(name, value.ToString());
        }

        // The shorter of the client's and the gateway's time limit, because a replica that hangs would otherwise hold the
        // call as long as the client waits.
        if (!rpc.Streams)
            headers["grpc-timeout"] = CallTime.Of(context).GrpcTimeout;
        Identify(headers, admitted, rpc);
        return headers;
    }

    // Metadata allows nothing else, and a call that cannot be sent looks like a failure of a replica. The service
    // checks the length of the value.
    static string Check(string name, string value) => IsPrintable(value) ? value : throw new InvalidInput(name, "must be printable ASCII.");

    static bool IsPrintable(string value) => value.All(sign => sign is >= ' ' and <= '~');

    void Identify(HeaderDictionary headers, Admitted? admitted, Rpc rpc)
    {
        if (rpc.Cluster == "access")
            headers[AccessSocket.WordHeader] = access.Word;
        if (admitted is null)
            return;

        headers["authorization"] = TokenOf(admitted.Caller);
        if (admitted.Session is { } session)
            headers[ClientOf.SessionHeader] = session.SessionId.ToString();
        if (admitted.Issued is { } issued)
            headers[ClientOf.IssuedHeader] = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(issued));
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
