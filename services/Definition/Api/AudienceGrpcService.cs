using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Identities;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Audiences;
using Journeys.Definitions.Editing;
using Journeys.Protos.Definition.V1;

namespace Journeys.Definitions.Api;

/// <summary>The gRPC service for audiences.</summary>
public sealed class AudienceGrpcService(AudienceStore audiences, CreateAudience create, UpdateAudience update, DeleteAudience delete)
    : AudienceService.AudienceServiceBase
{
    public override async Task<Audience> CreateAudience(CreateAudienceRequest request, ServerCallContext context) =>
        (await create.HandleAsync(
            context.SiteId(), request.Name, request.Description, request.Rule, request.Key, RequestKey.Of(context, request),
            context.CancellationToken)).ToProto();

    public override async Task<Audience> GetAudience(GetAudienceRequest request, ServerCallContext context)
    {
        var audienceId = Check.Uuid(request.Id, "id");
        var audience = await audiences.FindAsync(context.SiteId(), audienceId, context.CancellationToken);
        return audience?.ToProto() ?? throw new NotFound("audience", audienceId);
    }

    public override async Task<ListAudiencesResponse> ListAudiences(ListAudiencesRequest request, ServerCallContext context)
    {
        var size = Check.PageSize(request.PageSize);
        var after = PageToken.Decode<After>(request.PageToken)?.Name ?? "";

        var (rows, total) = await audiences.ListAsync(
            context.SiteId(), Check.Search(request.Search), after, size + 1, context.CancellationToken);

        return new()
        {
            Audiences = { rows.Take(size).Select(row => row.ToProto()) },
            NextPageToken = rows.Count > size ? PageToken.Encode(new After(rows[size - 1].Name)) : "",
            TotalSize = total,
        };
    }

    public override async Task<Audience> UpdateAudience(UpdateAudienceRequest request, ServerCallContext context) =>
        (await update.HandleAsync(
            context.SiteId(), Check.Uuid(request.Id, "id"), request.HasRevision ? request.Revision : null,
            request.HasName ? request.Name : null, request.HasDescription ? request.Description : null, request.Rule,
            context.CancellationToken)).ToProto();

    public override async Task<Empty> DeleteAudience(DeleteAudienceRequest request, ServerCallContext context)
    {
        await delete.HandleAsync(context.SiteId(), Check.Uuid(request.Id, "id"), context.CancellationToken);
        return new Empty();
    }

    sealed record After(string Name);
}
