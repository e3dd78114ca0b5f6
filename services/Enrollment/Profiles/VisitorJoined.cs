using Grpc.Core;
using Journeys.BuildingBlocks;

namespace Journeys.Enrollments.Profiles;

/// <summary>
/// A page used the anonymous id of a visitor who was joined to a user, without that user's token: PERMISSION_DENIED.
/// </summary>
public sealed class VisitorJoined() : DomainException(
    StatusCode.PermissionDenied, "VISITOR_JOINED", "This visitor now belongs to a user. Send that user's token, or use a new visitor id.");
