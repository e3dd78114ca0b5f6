using System.Text.Json;
using Grpc.Core;

namespace Journeys.Access;

/// <summary>What the gateway tells the access service about the client besides its identity.</summary>
/// <param name="Address">The client's network address.</param>
/// <param name="IsSecure">Whether the client came by https.</param>
/// <param name="SessionId">The session, when it is one that calls.</param>
/// <remarks>
/// Believed without a signature: only the gateway knows the secret that the access service requires, and it sets these
/// headers itself.
/// </remarks>
public sealed record ClientOf(string Address, bool IsSecure, Guid? SessionId)
{
    /// <summary>The header with the session that calls.</summary>
    public const string SessionHeader = "journeys-session";

    /// <summary>The header with the one for whom the issuer vouches, when they have no account here yet.</summary>
    public const string IssuedHeader = "journeys-issued-bin";

    /// <summary>For whom the issuer vouches, when they have no account here yet.</summary>
    public IssuedIdentity? Issued { get; init; }

    public static ClientOf Call(ServerCallContext context)
    {
        var headers = context.RequestHeaders;
        return new ClientOf(
            headers.GetValue("x-forwarded-for") ?? "",
            headers.GetValue("x-forwarded-proto") == "https",
            Guid.TryParse(headers.GetValue(SessionHeader), out var session) ? session : null)
        {
            Issued = headers.GetValueBytes(IssuedHeader) is { } json
                ? JsonSerializer.Deserialize<IssuedIdentity>(json)
                : null,
        };
    }
}
