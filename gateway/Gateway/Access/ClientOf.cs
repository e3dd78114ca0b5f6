using System.Text.Json;
using Grpc.Core;

namespace Journeys.Gateways;

/// <summary>What the gateway tells the access service about the client besides its identity.</summary>
/// <param name="Address">The client's network address.</param>
/// <param name="IsSecure">Whether the client came by https.</param>
/// <param name="SessionId">The session, when it is one that calls.</param>
/// <remarks>Believed without a signature: only the gateway can connect to the access service, and it sets these headers itself.</remarks>
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
    public static string Set(string token, DateTimeOffset expires, bool secure) =>
        $"{Credentials.CookieName}={token}; Path=/; Expires={expires:R}; {Flags(secure)}";

    public static string Clear(bool secure) => $"{Credentials.CookieName}=; Path=/; Max-Age=0; {Flags(secure)}";

    static string Flags(bool secure) => $"HttpOnly; SameSite=Strict{(secure ? "; Secure" : "")}";
}
