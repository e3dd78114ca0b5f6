using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Journeys;

namespace Journeys.Definitions.Lifecycle;

/// <summary>Makes an archived journey a draft again.</summary>
public sealed class RestoreJourney(MakeMove moves)
{
    /// <exception cref="NotFound">The site has no such journey.</exception>
    /// <exception cref="Refused">Reason ILLEGAL_MOVE: it is not archived.</exception>
    public Task<JourneyRow> HandleAsync(Guid siteId, Guid journeyId, RequestKey? key, CancellationToken ct) =>
        moves.HandleAsync(siteId, journeyId, key, JourneyMove.Restore, ct);
}
