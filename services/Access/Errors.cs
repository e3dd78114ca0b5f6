using Grpc.Core;
using Journeys.BuildingBlocks;

namespace Journeys.Access;

/// <summary>What is shown does not prove who calls: UNAUTHENTICATED.</summary>
public sealed class Unauthenticated(string reason, string message)
    : DomainException(StatusCode.Unauthenticated, reason, message);

/// <summary>The issuer of a token does not answer, and what is known of it is too old: UNAVAILABLE.</summary>
public sealed class IssuerUnavailable() : DomainException(
    StatusCode.Unavailable, "ISSUER_UNAVAILABLE", "The issuer of this token cannot be reached. Try again.");
