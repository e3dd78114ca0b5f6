using System.Text.Json;
using Grpc.Core;

namespace Journeys.Access;

/// <summary>The data about a client that the gateway sends to the access service in addition to the identity.</summary>
/// <param name="Address">The client's network address.</param>
/// <param name="IsSecure">Whether the client used https.</param>
/// <param name="SessionId">The session of the caller; null for other callers.</param>
/// <remarks>
/// Trusted without a signature, because only the gateway knows the secret that the access service requires, and it sets
/// these headers itself.
/// </remarks>
public sealed record ClientOf(string Address, bool IsSecure, Guid? SessionId)
{
    /// <summary>The header with the caller's session.</summary>
    public const string SessionHeader = "journeys-session";

    /// <summary>The header with the issuer's identity of a caller who has no account here yet.</summary>
    public const string IssuedHeader = "journeys-issued-bin";

    /// <summary>The issuer's identity of a caller who has no account here yet.</summary>
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
