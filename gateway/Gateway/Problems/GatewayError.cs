using Grpc.Core;
using Journeys.BuildingBlocks;

namespace Journeys.Gateways.Problems;

/// <summary>A refusal by the gateway itself, where the HTTP status is more specific than the gRPC code.</summary>
public sealed class GatewayError(StatusCode code, string reason, string message) : DomainException(code, reason, message)
{
    /// <summary>Replaces the HTTP status of the code.</summary>
    public int? HttpStatus { get; init; }
}
