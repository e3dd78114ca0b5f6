using Grpc.Core;
using Journeys.BuildingBlocks;

namespace Journeys.Gateways.Problems;

/// <summary>What the gateway itself refuses, where the HTTP status says more than the gRPC code.</summary>
public sealed class GatewayError(StatusCode code, string reason, string message) : DomainException(code, reason, message)
{
    /// <summary>Instead of the one that belongs to the code.</summary>
    public int? HttpStatus { get; init; }
}
