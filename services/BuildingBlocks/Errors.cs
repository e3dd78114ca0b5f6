using Grpc.Core;

namespace Journeys.BuildingBlocks;

/// <summary>A refusal that is reported to the caller. The error interceptor turns it into a gRPC status.</summary>
/// <param name="code">The gRPC status code.</param>
/// <param name="reason">The code that clients rely on, in `UPPER_SNAKE_CASE`.</param>
/// <param name="message">A sentence for people.</param>
/// <param name="violations">The invalid fields, if any.</param>
public abstract class DomainException(
    StatusCode code, string reason, string message, IReadOnlyList<Violation>? violations = null) : Exception(message)
{
    /// <summary>The gRPC status code.</summary>
    public StatusCode Code { get; } = code;

    /// <summary>The code that clients rely on.</summary>
    public string Reason { get; } = reason;

    /// <summary>The invalid fields; empty when the refusal concerns none.</summary>
    public IReadOnlyList<Violation> Violations { get; } = violations ?? [];

    /// <summary>How long to wait before a retry; null when that is unknown or a retry does not help.</summary>
    public virtual TimeSpan? RetryAfter { get; init; }
}

/// <summary>What is wrong with one field.</summary>
/// <param name="Field">The path as the public JSON spells it: `journeyId`, `graph.nodes[tour].content.contentId`.</param>
/// <param name="Message">The problem, worded to follow the field's name: `must be a UUID.`</param>
public sealed record Violation(string Field, string Message);

/// <summary>The request is invalid, whatever the state of the data: INVALID_ARGUMENT.</summary>
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

/// <summary>
/// The requested object does not exist: NOT_FOUND with a reason such as `USER_LIST_NOT_FOUND` for "user list".
/// </summary>
public sealed class NotFound(string what, object id)
    : DomainException(StatusCode.NotFound, $"{what.ToUpperInvariant().Replace(' ', '_')}_NOT_FOUND", $"There is no {what} {id}.");

/// <summary>
/// The current state does not allow the request: FAILED_PRECONDITION. Can name the fields that have to change first.
/// </summary>
public sealed class Refused(string reason, string message, IReadOnlyList<Violation>? violations = null)
    : DomainException(StatusCode.FailedPrecondition, reason, message, violations);

/// <summary>Another caller changed the data first; read it again and retry: ABORTED.</summary>
public sealed class Conflict(string reason, string message) : DomainException(StatusCode.Aborted, reason, message);

/// <summary>The object to create already exists: ALREADY_EXISTS.</summary>
public sealed class AlreadyThere(string reason, string message) : DomainException(StatusCode.AlreadyExists, reason, message);

/// <summary>A required component does not answer at present: UNAVAILABLE.</summary>
public sealed class Unreachable()
    : DomainException(StatusCode.Unavailable, "TRY_AGAIN", "A component of the service is temporarily unavailable. Try again.");

/// <summary>A fault of the service itself, with details in the logs: INTERNAL.</summary>
public sealed class InternalError() : DomainException(StatusCode.Internal, "INTERNAL", "Something went wrong on our side.");

/// <summary>The caller is not authenticated: UNAUTHENTICATED.</summary>
public sealed class NotSignedIn(string message) : DomainException(StatusCode.Unauthenticated, "NOT_SIGNED_IN", message);

/// <summary>The caller is authenticated but lacks the permission: PERMISSION_DENIED.</summary>
public sealed class NotAllowed(string message) : DomainException(StatusCode.PermissionDenied, "NOT_ALLOWED", message);
