using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Identities;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Audiences;
using Journeys.Definitions.Editing;
using Journeys.Definitions.Journeys;
using Journeys.Definitions.Lifecycle;
using Journeys.EngineContracts;
using Journeys.Protos.Definition.V1;

namespace Journeys.Definitions.Api;

/// <summary>The gRPC service for authors: checks the request, runs one use case, maps the answer.</summary>
public sealed class JourneyGrpcService(
    JourneyStore journeys, AudienceStore audiences,
    CreateJourney create, UpdateJourney update, DeleteJourney delete, CloneJourney clone, ExportJourney export, ImportJourney import,
    PublishJourney publish, PauseJourney pause, UpdatePause updatePause, ResumeJourney resume,
    ArchiveJourney archive, RestoreJourney restore)
    : JourneyService.JourneyServiceBase
{
    static readonly string[] Visible = [JourneyStatuses.Draft, JourneyStatuses.Published, JourneyStatuses.Paused];

    public override async Task<Journey> CreateJourney(CreateJourneyRequest request, ServerCallContext context)
    {
        var design = new Design
        {
            Name = request.Name,
            Description = request.Description,
            AudienceId = request.AudienceId,
            AutoEnroll = request.AutoEnroll,
            AllowAnonymous = request.AllowAnonymous,
            ReEnrollment = request.ReEnrollment,
            ReEnrollmentCooldown = request.ReEnrollmentCooldown,
            Goal = request.Goal,
            TimeZone = request.TimeZone,
            Graph = request.Graph,
            Exits = { request.Exits },
        };
        return (await create.HandleAsync(context.SiteId(), design, request.Key, RequestKey.Of(context, request), context.CancellationToken)).ToProto();
    }

    public override async Task<Journey> GetJourney(GetJourneyRequest request, ServerCallContext context) =>
        (await FindAsync(context, request.Id)).ToProto();

    public override async Task<ListJourneysResponse> ListJourneys(ListJourneysRequest request, ServerCallContext context)
    {
        var size = Check.PageSize(request.PageSize);
        var before = PageToken.Decode<Before>(request.PageToken);
        var statuses = request.Status.Count == 0 ? Visible : Check.Values(request.Status, "status");

        var (rows, total) = await journeys.ListAsync(
            context.SiteId(), statuses, Check.Search(request.Search), before?.UpdatedAt, before?.JourneyId, size + 1,
            context.CancellationToken);

        return new()
        {
            Journeys = { rows.Take(size).Select(row => row.ToProto(withGraph: false)) },
            NextPageToken = rows.Count > size ? PageToken.Encode(new Before(rows[size - 1].UpdatedAt, rows[size - 1].JourneyId)) : "",
            TotalSize = total,
        };
    }

    public override async Task<Journey> UpdateJourney(UpdateJourneyRequest request, ServerCallContext context) =>
        (await update.HandleAsync(context.SiteId(), Check.Uuid(request.Id, "id"), request, context.CancellationToken)).ToProto();

    public override async Task<Empty> DeleteJourney(DeleteJourneyRequest request, ServerCallContext context)
    {
        await delete.HandleAsync(context.SiteId(), Check.Uuid(request.Id, "id"), context.CancellationToken);
        return new Empty();
    }

    public override async Task<ValidateJourneyResponse> ValidateJourney(ValidateJourneyRequest request, ServerCallContext context)
    {
        var journey = await FindAsync(context, request.Id);
        var known = AudienceStore.RulesOf(await audiences.ListAllAsync(context.SiteId(), context.CancellationToken));

        var problems = PublicationCheck.ProblemsOf(journey.ReadDraft(), known);

        return new()
        {
            Valid = problems.Count == 0,
            Problems =
            {
                problems.Select(problem => new Problem
                {
                    Code = problem.Code,
                    Field = problem.Field,
                    NodeId = problem.NodeId,
                    EdgeId = problem.EdgeId,
                    Message = problem.Message,
                }),
            },
        };
    }

    public override async Task<Journey> PublishJourney(PublishJourneyRequest request, ServerCallContext context) =>
        (await publish.HandleAsync(
            context.SiteId(), Check.Uuid(request.Id, "id"), request.HasRevision ? request.Revision : null, context.Subject(), request.Note,
            RequestKey.Of(context, request), context.CancellationToken)).ToProto();

    public override async Task<Journey> PauseJourney(PauseJourneyRequest request, ServerCallContext context) =>
        (await pause.HandleAsync(
            context.SiteId(), Check.Uuid(request.Id, "id"), PauseTerms.Read(request.Reason, request.ResumeTime, request.Policy),
            context.Subject(), RequestKey.Of(context, request), context.CancellationToken)).ToProto();

    public override async Task<Journey> UpdatePause(UpdatePauseRequest request, ServerCallContext context) =>
        (await updatePause.HandleAsync(
            context.SiteId(), Check.Uuid(request.Id, "id"), PauseTerms.Read(request.Reason, request.ResumeTime, request.Policy),
            context.Subject(), context.CancellationToken)).ToProto();

    public override async Task<Journey> ResumeJourney(ResumeJourneyRequest request, ServerCallContext context) =>
        (await resume.HandleAsync(
            context.SiteId(), Check.Uuid(request.Id, "id"), request.Policy, RequestKey.Of(context, request),
            context.CancellationToken)).ToProto();

    public override async Task<Journey> ArchiveJourney(ArchiveJourneyRequest request, ServerCallContext context) =>
        (await archive.HandleAsync(
            context.SiteId(), Check.Uuid(request.Id, "id"), RequestKey.Of(context, request), context.CancellationToken)).ToProto();

    public override async Task<Journey> RestoreJourney(RestoreJourneyRequest request, ServerCallContext context) =>
        (await restore.HandleAsync(
            context.SiteId(), Check.Uuid(request.Id, "id"), RequestKey.Of(context, request), context.CancellationToken)).ToProto();

    public override async Task<Journey> CloneJourney(CloneJourneyRequest request, ServerCallContext context) =>
        (await clone.HandleAsync(
            context.SiteId(), Check.Uuid(request.Id, "id"), request.Version, request.Name, request.Key, RequestKey.Of(context, request),
            context.CancellationToken)).ToProto();

    public override async Task<ListVersionsResponse> ListVersions(ListVersionsRequest request, ServerCallContext context)
    {
        var size = Check.PageSize(request.PageSize);
        var before = PageToken.Decode<BeforeVersion>(request.PageToken)?.Version ?? int.MaxValue;
        var journey = await FindAsync(context, request.Id);

        var rows = await journeys.ListVersionsAsync(journey.SiteId, journey.JourneyId, before, size + 1, context.CancellationToken);

        return new()
        {
            Versions = { rows.Take(size).Select(row => row.ToProto(withGraph: false)) },
            NextPageToken = rows.Count > size ? PageToken.Encode(new BeforeVersion(rows[size - 1].Version)) : "",
        };
    }

    public override async Task<Protos.Definition.V1.Version> GetVersion(GetVersionRequest request, ServerCallContext context)
    {
        var journey = await FindAsync(context, request.Id);
        var version = Check.Range(request.Version, 1, int.MaxValue, "version");
        var row = await journeys.FindVersionAsync(journey.SiteId, journey.JourneyId, version, context.CancellationToken);
        return row?.ToProto() ?? throw new NotFound("version", version);
    }

    public override Task<JourneyDocument> ExportJourney(ExportJourneyRequest request, ServerCallContext context) =>
        export.HandleAsync(context.SiteId(), Check.Uuid(request.Id, "id"), request.Version, context.CancellationToken);

    public override async Task<Journey> ImportJourney(ImportJourneyRequest request, ServerCallContext context) =>
        (await import.HandleAsync(
            context.SiteId(), Check.Present(request.Document, "document"), request.Name, request.Key, RequestKey.Of(context, request),
            context.CancellationToken)).ToProto();

    async Task<JourneyRow> FindAsync(ServerCallContext context, string id)
    {
        var journeyId = Check.Uuid(id, "id");
        return await journeys.FindAsync(context.SiteId(), journeyId, context.CancellationToken) ?? throw new NotFound("journey", journeyId);
    }

    sealed record Before(DateTimeOffset UpdatedAt, Guid JourneyId);

    sealed record BeforeVersion(int Version);
}
