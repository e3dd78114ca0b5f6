using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Identities;
using Journeys.BuildingBlocks.Requests;
using Journeys.Enrollments.Enrollments;
using Journeys.Protos.Scheduler.V1;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Stops;

/// <summary>
/// The gRPC service for stopping many people: checks the request, runs one use case, maps the answer.
/// </summary>
public sealed class StopGrpcService(CreateStop create, UndoStop undo, FindStops find, SelectionQueries people, EnrollmentQueries queries) : Proto.StopService.StopServiceBase
{
    const int Examples = 10;

    public override async Task<Proto.StopPreview> PreviewStop(Proto.PreviewStopRequest request, ServerCallContext context)
    {
        var (siteId, ct) = (context.SiteId(), context.CancellationToken);
        var selection = await create.SelectAsync(siteId, Check.Uuid(request.JourneyId, "journeyId"), request.Selection, ct);
        var (nodes, examples) = await people.CountAsync(selection, Examples, ct);
        var rows = await queries.ListByIdAsync(siteId, examples, ct);
        return new()
        {
            People = nodes.Sum(node => node.People),
            Nodes = { nodes.Select(node => new Proto.StopPreview.Types.Node { NodeId = node.NodeId, People = node.People }) },
            Examples = { rows.OrderBy(row => row.EnteredAt).ThenBy(row => row.EnrollmentId).Select(row => row.ToProto()) },
        };
    }

    public override Task<Job> CreateStop(Proto.CreateStopRequest request, ServerCallContext context) => create.HandleAsync(
        context.SiteId(), context.Subject(), Check.Uuid(request.JourneyId, "journeyId"), request, RequestKey.Of(context, request),
        context.CancellationToken);

    public override async Task<Proto.ListStopsResponse> ListStops(Proto.ListStopsRequest request, ServerCallContext context)
    {
        var size = Check.PageSize(request.PageSize);
        var before = PageToken.Decode<Before>(request.PageToken)?.StopId;

        var (stops, hasMore) = await find.ListAsync(
            context.SiteId(), Check.Uuid(request.JourneyId, "journeyId"), before, size, context.CancellationToken);

        return new() { Stops = { stops }, NextPageToken = hasMore ? PageToken.Encode(new Before(Guid.Parse(stops[^1].Id))) : "" };
    }

    public override Task<Proto.Stop> GetStop(Proto.GetStopRequest request, ServerCallContext context) => find.FindAsync(
        context.SiteId(), Check.Uuid(request.JourneyId, "journeyId"), Check.Uuid(request.StopId, "stopId"), context.CancellationToken);

    public override Task<Job> UndoStop(Proto.UndoStopRequest request, ServerCallContext context) => undo.HandleAsync(
        context.SiteId(), context.Subject(), Check.Uuid(request.JourneyId, "journeyId"), Check.Uuid(request.StopId, "stopId"),
        context.CancellationToken);

    sealed record Before(Guid StopId);
}
