using System.Text.Json;
using Grpc.Core;

namespace Journeys.Gateways;

/// <summary>What the gateway tells the access service about the client besides its identity.</summary>
/// <param name="Address">The client's network address.</param>
/// <param name="IsSecure">Whether the client came by https.</param>
/// <param name="SessionId">The session, when it is one that calls.</param>
/// <remarks>Believed without a signature: only the gateway knows the word that the access service asks for, and it sets these headers itself.</remarks>
public sealed record ClientOf(string Address, bool IsSecure, Guid? SessionId)
{
    /// <summary>For whom the issuer vouches, when they have no account here yet.</summary>
    public IssuedIdentity? Issued { get; init; }

    public static ClientOf Call(ServerCallContext context)
    {
        var headers = context.RequestHeaders;
        return new ClientOf(
            headers.GetValue("x-forwarded-for") ?? "",
            headers.GetValue("x-forwarded-proto") == "https",
            Guid.TryParse(headers.GetValue(OutgoingHeaders.SessionHeader), out var session) ? session : null)
        {
            Issued = headers.GetValueBytes(OutgoingHeaders.IssuedHeader) is { } json ? JsonSerializer.Deserialize<IssuedIdentity>(json) : null,
        };
    }
}

/// <summary>The cookie of a signed-in browser. Scripts cannot read it, other sites cannot send it.</summary>
static class SessionCookie
{
    const string InCleartext = "journeys_session";

    // Browsers take one of this name by TLS and for this very host only, so no subdomain and no cleartext page can put its own in the way.
    const string ByTls = "__Host-journeys_session";

    public static string Name(bool secure) => secure ? ByTls : InCleartext;

    public static string Set(string token, DateTimeOffset expires, bool secure) =>
        $"{Name(secure)}={token}; Path=/; Expires={expires:R}; {Flags(secure)}";

    public static string Clear(bool secure) => $"{Name(secure)}=; Path=/; Max-Age=0; {Flags(secure)}";

    static string Flags(bool secure) => $"HttpOnly; SameSite=Strict{(secure ? "; Secure" : "")}";
}
