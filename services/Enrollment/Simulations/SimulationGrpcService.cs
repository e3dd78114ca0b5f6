using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Identities;
using Journeys.BuildingBlocks.Requests;
using Journeys.Engine;
using Journeys.Enrollments.Journeys;
using Proto = Journeys.Protos.Enrollment.V1;
using Simulated = Journeys.Protos.Simulation.V1;

namespace Journeys.Enrollments.Simulations;

/// <summary>The gRPC service for simulations: checks the request, runs one use case, maps the answer.</summary>
public sealed class SimulationGrpcService(
    CreateSimulation create, SimulationStore store, SimulatedPersonStore people, RequireJourney require, Clock clock) : Proto.SimulationService.SimulationServiceBase
{
    public override async Task<Proto.Simulation> CreateSimulation(Proto.CreateSimulationRequest request, ServerCallContext context)
    {
        var journeyId = Check.Uuid(request.JourneyId, "journeyId");
        var row = await create.HandleAsync(
            context.SiteId(), journeyId, request, context.Subject(), RequestKey.Of(context, request), context.CancellationToken);
        return row.ToProto();
    }

    public override async Task<Proto.ListSimulationsResponse> ListSimulations(Proto.ListSimulationsRequest request, ServerCallContext context)
    {
        var (siteId, journeyId, ct) = (context.SiteId(), Check.Uuid(request.JourneyId, "journeyId"), context.CancellationToken);
        var size = Check.PageSize(request.PageSize);
        var before = PageToken.Decode<Before>(request.PageToken)?.SimulationId;
        await require.FindAsync(siteId, journeyId, ct);

        var rows = await store.ListAsync(siteId, journeyId, before, size + 1, ct);

        return new()
        {
            Simulations = { rows.Take(size).Select(row => row.ToProto(whole: false)) },
            NextPageToken = rows.Count > size ? PageToken.Encode(new Before(rows[size - 1].SimulationId)) : "",
        };
    }

    public override async Task<Proto.Simulation> GetSimulation(Proto.GetSimulationRequest request, ServerCallContext context) =>
        (await FindAsync(context, request.JourneyId, request.Id)).ToProto();

    public override async Task<Simulated.SimulationReport> GetReport(Proto.GetReportRequest request, ServerCallContext context)
    {
        var row = await FindAsync(context, request.JourneyId, request.Id);
        var report = await store.FindReportAsync(row.SiteId, row.SimulationId, context.CancellationToken)
            ?? throw new Refused("SIMULATION_NOT_COMPLETED", $"The simulation is {row.Status}, so there is no report.");
        return Simulated.SimulationReport.Parser.ParseFrom(report);
    }

    public override async Task<Proto.ListSimulatedPeopleResponse> ListSimulatedPeople(Proto.ListSimulatedPeopleRequest request, ServerCallContext context)
    {
        var size = Check.PageSize(request.PageSize);
        var after = PageToken.Decode<After>(request.PageToken)?.Index ?? -1;
        if (request.HasBranch && request.NodeId.Length == 0)
            throw new InvalidInput("branch", "must not be set without nodeId.");
        var filter = new PeopleFilter(
            Check.Text(request.NodeId, 0, GraphValidator.MaxId, "nodeId"), request.HasBranch ? Check.Text(request.Branch, 0, Limits.Name, "branch") : null,
            Check.Text(request.Ending, 0, Limits.Name, "ending"), Check.Text(request.Finding, 0, Limits.ShortId, "finding"));
        var row = await FindAsync(context, request.JourneyId, request.Id);

        var found = await people.ListAsync(row.SiteId, row.SimulationId, filter, after, size + 1, context.CancellationToken);

        return new()
        {
            People = { found.Take(size) },
            NextPageToken = found.Count > size ? PageToken.Encode(new After(found[size - 1].Index)) : "",
        };
    }

    public override async Task<Simulated.SimulatedPerson> GetSimulatedPerson(Proto.GetSimulatedPersonRequest request, ServerCallContext context)
    {
        var row = await FindAsync(context, request.JourneyId, request.Id);
        var timeline = await people.FindAsync(row.SiteId, row.SimulationId, request.Index, context.CancellationToken)
            ?? throw new NotFound("simulated person", request.Index);
        return Simulated.SimulatedPerson.Parser.ParseFrom(timeline);
    }

    public override async Task<Proto.Simulation> CancelSimulation(Proto.CancelSimulationRequest request, ServerCallContext context)
    {
        var row = await FindAsync(context, request.JourneyId, request.Id);
        await store.CancelAsync(row.SiteId, row.JourneyId, row.SimulationId, clock.Given, context.CancellationToken);
        return (await FindAsync(context, request.JourneyId, request.Id)).ToProto();
    }

    public override async Task<Empty> DeleteSimulation(Proto.DeleteSimulationRequest request, ServerCallContext context)
    {
        var simulationId = Check.Uuid(request.Id, "id");
        if (!await store.DeleteAsync(context.SiteId(), Check.Uuid(request.JourneyId, "journeyId"), simulationId, context.CancellationToken))
            throw new NotFound("simulation", simulationId);

        return new Empty();
    }

    async Task<SimulationRow> FindAsync(ServerCallContext context, string journey, string simulation)
    {
        var simulationId = Check.Uuid(simulation, "id");
        return await store.FindAsync(context.SiteId(), Check.Uuid(journey, "journeyId"), simulationId, context.CancellationToken)
            ?? throw new NotFound("simulation", simulationId);
    }

    sealed record Before(Guid SimulationId);

    sealed record After(int Index);
}
