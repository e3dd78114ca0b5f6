using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Journeys;

namespace Journeys.Definitions.Lifecycle;

/// <summary>Pauses a published journey: nobody enters or moves until it is resumed.</summary>
public sealed class PauseJourney(MakeMove moves)
{
    /// <param name="siteId">The site.</param>
    /// <param name="journeyId">The journey.</param>
    /// <param name="terms">Why it is paused, until when, and how the people inside are treated then.</param>
    /// <param name="by">The id of the member or key that pauses it.</param>
    /// <param name="key">The request.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="NotFound">The site has no such journey.</exception>
    /// <exception cref="Refused">Reason ILLEGAL_MOVE: it is not published.</exception>
    /// <exception cref="InvalidInput">The time of the resume is not within the next 400 days.</exception>
    public Task<JourneyRow> HandleAsync(Guid siteId, Guid journeyId, PauseTerms terms, string by, RequestKey? key, CancellationToken ct) =>
        moves.HandleAsync(siteId, journeyId, key, JourneyMove.Pause(terms, by), ct);
}
