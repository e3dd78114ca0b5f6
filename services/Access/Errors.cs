using Grpc.Core;
using Journeys.BuildingBlocks;

namespace Journeys.Access;

/// <summary>The credentials do not prove who calls: UNAUTHENTICATED.</summary>
public sealed class Unauthenticated(string reason, string message)
    : DomainException(StatusCode.Unauthenticated, reason, message);

/// <summary>The issuer of a token does not answer, and its cached keys are too old: UNAVAILABLE.</summary>
public sealed class IssuerUnavailable() : DomainException(
    StatusCode.Unavailable, "ISSUER_UNAVAILABLE", "The issuer of this token cannot be reached. Try again.");
