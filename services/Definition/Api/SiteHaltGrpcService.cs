using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Identities;
using Journeys.Definitions.Changes;
using Journeys.Definitions.Lifecycle;
using Journeys.Protos.Definition.V1;

namespace Journeys.Definitions.Api;

/// <summary>
/// The gRPC service for admins who halt a site, and for everybody who reads whether a site is halted.
/// </summary>
public sealed class SiteHaltGrpcService(HaltSite halt, ResumeSite resume, ChangeStore changes) : SiteHaltService.SiteHaltServiceBase
{
    public override async Task<SiteHalt> HaltSite(HaltSiteRequest request, ServerCallContext context) =>
        (await halt.HandleAsync(SiteOf(request.Id, context), context.Subject(), request.Reason, context.CancellationToken)).ToProto();

    public override async Task<SiteHalt> ResumeSite(ResumeSiteRequest request, ServerCallContext context) =>
        (await resume.HandleAsync(SiteOf(request.Id, context), context.Subject(), context.CancellationToken)).ToProto();

    public override async Task<SiteHalt> GetSiteHalt(GetSiteHaltRequest request, ServerCallContext context) =>
        (await changes.ReadHaltAsync(SiteOf(request.Id, context), context.CancellationToken)).ToProto();

    // The gateway has checked the caller's role only on the site that the token names.
    static Guid SiteOf(string id, ServerCallContext context) =>
        Check.Uuid(id, "id") == context.SiteId() ? context.SiteId() : throw new NotFound("site", id);
}
