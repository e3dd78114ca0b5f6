using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Journeys;

namespace Journeys.Definitions.Lifecycle;

/// <summary>Archives a journey, whatever its status; people inside stop where they are.</summary>
public sealed class ArchiveJourney(MakeMove moves)
{
    /// <exception cref="NotFound">The site has no such journey.</exception>
    /// <exception cref="Refused">Reason ILLEGAL_MOVE: it is archived already.</exception>
    public Task<JourneyRow> HandleAsync(Guid siteId, Guid journeyId, RequestKey? key, CancellationToken ct) =>
        moves.HandleAsync(siteId, journeyId, key, JourneyMove.Archive, ct);
}
