using Grpc.Core;
using Journeys.BuildingBlocks.Identities;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Auditing;

/// <summary>The gRPC face of the audit log.</summary>
public sealed class AuditGrpcService(ListAuditEntries list) : Proto.AuditService.AuditServiceBase
{
    public override Task<Proto.ListAuditEntriesResponse> ListAuditEntries(Proto.ListAuditEntriesRequest request, ServerCallContext context) =>
        list.ListAsync(context.SiteId(), request, context.CancellationToken);
}
