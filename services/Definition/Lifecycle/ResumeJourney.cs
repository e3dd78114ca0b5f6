using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Journeys;
using Journeys.Protos.Definition.V1;

namespace Journeys.Definitions.Lifecycle;

/// <summary>Resumes a paused journey.</summary>
public sealed class ResumeJourney(MakeMove moves)
{
    /// <param name="siteId">The site.</param>
    /// <param name="journeyId">The journey.</param>
    /// <param name="policy">How the people inside are treated; what it does not say is as the pause says.</param>
    /// <param name="key">The request.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="NotFound">The site has no such journey.</exception>
    /// <exception cref="Refused">Reason ILLEGAL_MOVE: it is not paused.</exception>
    /// <exception cref="InvalidInput">
    /// The policy is incomplete or out of range, or waits are to have stopped during a pause of which it is not known when
    /// it began.
    /// </exception>
    public Task<JourneyRow> HandleAsync(
        Guid siteId, Guid journeyId, Journey.Types.PausePolicy? policy, RequestKey? key, CancellationToken ct)
    {
        // Refused before anything is locked.
        PausePolicy.Read(policy);
        var move = policy is null
            ? JourneyMove.Resume
            : JourneyMove.Resume with { Policy = ofPause => PausePolicy.OfResume(policy, ofPause) };
        return moves.HandleAsync(siteId, journeyId, key, move, ct);
    }
}
