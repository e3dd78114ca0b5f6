using Grpc.Core;

namespace Journeys.BuildingBlocks;

/// <summary>A refusal that the caller is told about. The error interceptor turns it into a gRPC status.</summary>
/// <param name="code">The gRPC status code.</param>
/// <param name="reason">What clients code against, `UPPER_SNAKE_CASE`.</param>
/// <param name="message">A sentence for people.</param>
/// <param name="violations">The fields that are wrong, if any.</param>
public abstract class DomainException(
    StatusCode code, string reason, string message, IReadOnlyList<Violation>? violations = null) : Exception(message)
{
    /// <summary>The gRPC status code.</summary>
    public StatusCode Code { get; } = code;

    /// <summary>What clients code against.</summary>
    public string Reason { get; } = reason;

    /// <summary>The fields that are wrong; empty when it concerns none.</summary>
    public IReadOnlyList<Violation> Violations { get; } = violations ?? [];

    /// <summary>How long to wait before another try; null when it is not known or another try does not help.</summary>
    public virtual TimeSpan? RetryAfter { get; init; }
}

/// <summary>What is wrong with one field.</summary>
/// <param name="Field">The path as the public JSON spells it: `journeyId`, `graph.nodes[tour].content.contentId`.</param>
/// <param name="Message">What is wrong with it, to be read after the field: `must be a UUID.`</param>
public sealed record Violation(string Field, string Message);

/// <summary>The request cannot be right, whatever the state: INVALID_ARGUMENT.</summary>
public sealed class InvalidInput(IReadOnlyList<Violation> violations)
    : DomainException(StatusCode.InvalidArgument, "INVALID_INPUT", Describe(violations), violations)
{
    public InvalidInput(string field, string message)
        : this([new Violation(field, message)])
    {
    }

    static string Describe(IReadOnlyList<Violation> violations) =>
        violations is [var only] ? $"{only.Field}: {only.Message}" : $"The request has {violations.Count} problems.";
}

/// <summary>There is no such thing: NOT_FOUND with a reason such as `USER_LIST_NOT_FOUND` for "user list".</summary>
public sealed class NotFound(string what, object id)
    : DomainException(StatusCode.NotFound, $"{what.ToUpperInvariant().Replace(' ', '_')}_NOT_FOUND", $"There is no {what} {id}.");

/// <summary>The state does not allow it now: FAILED_PRECONDITION. May name the fields that have to change first.</summary>
public sealed class Refused(string reason, string message, IReadOnlyList<Violation>? violations = null)
    : DomainException(StatusCode.FailedPrecondition, reason, message, violations);

/// <summary>Somebody else was faster; read again and try again: ABORTED.</summary>
public sealed class Conflict(string reason, string message) : DomainException(StatusCode.Aborted, reason, message);

/// <summary>What should be created exists: ALREADY_EXISTS.</summary>
public sealed class AlreadyThere(string reason, string message) : DomainException(StatusCode.AlreadyExists, reason, message);

/// <summary>A component that is needed does not answer at present: UNAVAILABLE.</summary>
public sealed class Unreachable()
    : DomainException(StatusCode.Unavailable, "TRY_AGAIN", "A component of the service is temporarily unavailable. Try again.");

/// <summary>A fault of our own, of which the logs say more: INTERNAL.</summary>
public sealed class InternalError() : DomainException(StatusCode.Internal, "INTERNAL", "Something went wrong on our side.");

/// <summary>The caller is unknown: UNAUTHENTICATED.</summary>
public sealed class NotSignedIn(string message) : DomainException(StatusCode.Unauthenticated, "NOT_SIGNED_IN", message);

/// <summary>The caller is known but may not do this: PERMISSION_DENIED.</summary>
public sealed class NotAllowed(string message) : DomainException(StatusCode.PermissionDenied, "NOT_ALLOWED", message);
