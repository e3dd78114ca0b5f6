using Grpc.Core;
using Journeys.BuildingBlocks;

namespace Journeys.Enrollments.Profiles;

/// <summary>A page calls by the id of a visitor who is a user by now, and has not proved to speak for that user: PERMISSION_DENIED.</summary>
public sealed class VisitorJoined() : DomainException(
    StatusCode.PermissionDenied, "VISITOR_JOINED", "This visitor was joined to a user: send a user token of that user, or take a new visitor id.");
