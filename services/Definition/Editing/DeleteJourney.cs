using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Definitions.Journeys;
using Npgsql;

namespace Journeys.Definitions.Editing;

/// <summary>Deletes a draft that was never published.</summary>
public sealed class DeleteJourney(NpgsqlDataSource source)
{
    /// <exception cref="NotFound">The site has no such journey.</exception>
    /// <exception cref="Refused">Reason ILLEGAL_MOVE: it was published once, or is no draft.</exception>
    public Task HandleAsync(Guid siteId, Guid journeyId, CancellationToken ct) =>
        source.InTransactionAsync(
            async transaction =>
            {
                var journey = await JourneyStore.LockAsync(transaction, siteId, journeyId, ct) ?? throw new NotFound("journey", journeyId);
                if (journey is not { Status: JourneyStatuses.Draft, Version: 0 })
                    throw new Refused("ILLEGAL_MOVE", $"Cannot delete a journey that is {journey.Status} at version {journey.Version}; archive it instead.");

                await JourneyStore.DeleteAsync(transaction, journey, ct);
            },
            ct);
}
