using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Requests;
using Journeys.Engine;
using Journeys.Enrollments.Journeys;
using Journeys.PopulationSimulation;
using Microsoft.Extensions.Options;
using Npgsql;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Simulations;

/// <summary>Checks a simulation and adds it to the queue with the present designs and audiences.</summary>
public sealed class CreateSimulation(
    NpgsqlDataSource source, SimulationStore store, FindDesigns designs, RequireJourney require, IdempotencyKeys keys, IOptions<SimulationOptions> options,
    Wake<RunSimulations> wake, TimeProvider time)
{
    const int MostQueued = 20;
    const int MostOfAJourney = 100;

    /// <summary>Returns the queued simulation; for a repeated call, its present state.</summary>
    /// <exception cref="InvalidInput">Fields are invalid; the violations name each.</exception>
    /// <exception cref="Refused">Reason GRAPH_INVALID or POPULATION_EMPTY.</exception>
    /// <exception cref="TooManySimulations">The queue of the site is full.</exception>
    public async Task<SimulationRow> HandleAsync(Guid siteId, Guid journeyId, Proto.CreateSimulationRequest request, string creator, RequestKey? key, CancellationToken ct)
    {
        await require.FindAsync(siteId, journeyId, ct);
        var simulationId = await keys.FindAsync(key, ct) is { Made: [var first, ..] }
            ? first
            : await AddAsync(await ReadAsync(siteId, journeyId, request, creator, ct), key, ct);
        wake.Set();
        return await store.FindAsync(siteId, journeyId, simulationId, ct) ?? throw new NotFound("simulation", simulationId);
    }

    async Task<SimulationRow> ReadAsync(Guid siteId, Guid journeyId, Proto.CreateSimulationRequest request, string creator, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        Check.Present(request.Request, "request");
        var (document, baseline) = await designs.HandleAsync(siteId, journeyId, request.Design, request.Baseline, ct);
        var asked = request.Clone();
        asked.RequestId = "";
        asked.Request.StartTime = new SimulationInput(journeyId, document.Design, [], request.Request, now).Start.ToTimestamp();
        // Given designs are in the document already.
        if (asked.Design?.Given is not null)
            asked.Design.Given = new();
        if (asked.Baseline?.Given is not null)
            asked.Baseline.Given = new();

        var row = new SimulationRow
        {
            SiteId = siteId,
            SimulationId = FreshId.Make(now),
            JourneyId = journeyId,
            Creator = creator,
            Request = asked.ToByteArray(),
            Document = document.ToByteArray(),
            Baseline = baseline?.ToByteArray(),
            Total = request.Request.Population?.Invented?.People ?? 0,
            CreatedAt = now,
        };
        return SimulationCheck.FaultsOf(row.ToInput(), options.Value.MaxPeople) is { } unfit ? throw Refusal(unfit) : row;
    }

    async Task<Guid> AddAsync(SimulationRow row, RequestKey? key, CancellationToken ct) => await source.InTransactionAsync(
        async transaction =>
        {
            if (await keys.ClaimAsync(transaction, key, [row.SimulationId], ct) is { Made: [var first, ..] })
                return first;

            await Quota.TakeTurnAsync(transaction, "enrollment.simulation", row.SiteId, ct);
            if (await SimulationStore.CountQueuedAsync(transaction, row.SiteId, ct) >= MostQueued)
                throw new TooManySimulations(MostQueued);
            await SimulationStore.KeepNewestAsync(transaction, row.SiteId, row.JourneyId, MostOfAJourney - 1, ct);
            await SimulationStore.AddAsync(transaction, row, ct);
            return row.SimulationId;
        },
        ct);

    static DomainException Refusal(Unfit unfit)
    {
        var inRequest = unfit.Problems.Select(problem => new Violation($"request.{problem.Field}", problem.Message)).ToList();
        return unfit.Reason switch
        {
            "GRAPH_INVALID" => new Refused(
                "GRAPH_INVALID", $"The journey cannot be simulated: {Counted.Of(unfit.Problems.Count, "problem")}.",
                [.. unfit.Problems.Select(problem => new Violation(problem.Field, problem.Message))]),
            "POPULATION_EMPTY" => new Refused("POPULATION_EMPTY", "No one in the population can enter the journey.", inRequest),
            _ => new InvalidInput(inRequest),
        };
    }
}

/// <summary>The site has the maximum number of simulations in the queue: RESOURCE_EXHAUSTED.</summary>
public sealed class TooManySimulations(int most) : DomainException(
    StatusCode.ResourceExhausted, "TOO_MANY_SIMULATIONS", $"This site has {most} simulations in the queue already. Wait until one has started, or cancel one.");
