using Grpc.Core;
using Journeys.BuildingBlocks.Identities;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Auditing;

/// <summary>Serves the audit log over gRPC.</summary>
public sealed class AuditGrpcService(ListAuditEntries list) : Proto.AuditService.AuditServiceBase
{
    public override Task<Proto.ListAuditEntriesResponse> ListAuditEntries(Proto.ListAuditEntriesRequest request, ServerCallContext context) =>
        list.ListAsync(context.SiteId(), request, context.CancellationToken);
}
