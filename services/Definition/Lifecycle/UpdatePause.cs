using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Definitions.Changes;
using Journeys.Definitions.Journeys;
using Npgsql;

namespace Journeys.Definitions.Lifecycle;

/// <summary>Changes the reason, the end and the policy of a pause. No other service needs these.</summary>
public sealed class UpdatePause(NpgsqlDataSource source, TimeProvider time)
{
    /// <exception cref="NotFound">The site has no such journey.</exception>
    /// <exception cref="Refused">Reason ILLEGAL_MOVE: it is not paused; TOO_MANY_PAUSES: waits stopped too often.</exception>
    /// <exception cref="InvalidInput">
    /// The time of the resume is not within the next 400 days, or waits are to have stopped during a pause of which it is not
    /// known when it began.
    /// </exception>
    public Task<JourneyRow> HandleAsync(Guid siteId, Guid journeyId, PauseTerms terms, string by, CancellationToken ct) =>
        source.InTransactionAsync(
            async transaction =>
            {
                var journey = await JourneyStore.LockAsync(transaction, siteId, journeyId, ct) ?? throw new NotFound("journey", journeyId);
                journey.RequireStatus("change the pause of", [JourneyStatuses.Paused]);

                var now = time.GetStoredNow();
                if (terms.Policy is { Freezes: true })
                {
                    journey.RequireKnownPause();
                    if (journey.ToPolicy() is not { Freezes: true })
                        await ChangeStore.RequireRoomToFreezeAsync(transaction, journey, now, ct);
                }

                var changed = journey.WithPause(journey.PausedBy ?? by, journey.PausedAt ?? now, terms.CheckedAt(now)) with { UpdatedAt = now };
                await JourneyStore.UpdateAsync(transaction, changed, ct);
                return changed;
            },
            ct);
}
