using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Changes;
using Journeys.Definitions.Journeys;
using Npgsql;

namespace Journeys.Definitions.Lifecycle;

/// <summary>
/// The step that the moves of a journey share: checks its status, stores the new one, and announces it through the
/// outbox of the same transaction.
/// </summary>
public sealed class MakeMove(NpgsqlDataSource source, IdempotencyKeys keys, Outbox outbox, Nudge nudge, TimeProvider time)
{
    /// <summary>Makes a move that somebody asked for, and tells Enrollment right away. A repeat of the request changes nothing.</summary>
    /// <exception cref="NotFound">The site has no such journey.</exception>
    /// <exception cref="Refused">Reason ILLEGAL_MOVE: its status does not allow the move.</exception>
    /// <exception cref="AlreadyThere">Reason REQUEST_ID_REUSED: the key stands for another request.</exception>
    public async Task<JourneyRow> HandleAsync(Guid siteId, Guid journeyId, RequestKey? key, JourneyMove move, CancellationToken ct)
    {
        var (journey, message) = await source.InTransactionAsync(
            async transaction =>
            {
                var isRepeat = await keys.ClaimAsync(transaction, key, [journeyId], ct) is not null;
                var journey = await JourneyStore.LockAsync(transaction, siteId, journeyId, ct)
                    ?? throw new NotFound("journey", journeyId);
                return isRepeat ? (journey, null) : await StoreAsync(transaction, journey, move, ct);
            },
            ct);

        // A repeat may find that the journey has been moved again since.
        return message is null
            ? await nudge.RepeatAsync(journey, ct)
            : journey with { AppliedEverywhere = await nudge.SendAsync(message, ct) };
    }

    /// <summary>
    /// Makes a move in the transaction that has locked the journey. Returns the journey and the message, which is in
    /// the outbox.
    /// </summary>
    /// <exception cref="Refused">
    /// Reason ILLEGAL_MOVE: its status does not allow the move; TOO_MANY_PAUSES: waits stopped too often.
    /// </exception>
    /// <exception cref="InvalidInput">Waits are to have stopped during a pause of which it is not known when it began.</exception>
    public async Task<(JourneyRow Journey, IMessage? Message)> StoreAsync(
        NpgsqlTransaction transaction, JourneyRow journey, JourneyMove move, CancellationToken ct)
    {
        journey.RequireStatus(move.Verb, move.From);

        var moved = move.Complete(
            journey with { Status = move.To, ChangeNo = journey.ChangeNo + 1, UpdatedAt = time.GetStoredNow() });
        var policy = move.Policy?.Invoke(journey.ToPolicy());
        if (policy is { Freezes: true })
            journey.RequireKnownPause();

        // A pause was checked when it began, so that its end is never refused.
        var freezes = (policy ?? moved.ToPolicy()) is { Freezes: true };
        if (freezes && journey.ToPolicy() is not { Freezes: true })
            await ChangeStore.RequireRoomToFreezeAsync(transaction, journey, time.GetStoredNow(), ct);
        await JourneyStore.UpdateAsync(transaction, moved, ct);
        var pausedAt = move.Policy is null ? null : journey.PausedAt;
        var pauses = await ChangeStore.AddMoveAsync(transaction, moved, move.Kind, policy, pausedAt, ct);
        var message = move.ToMessage(moved.ToState(pauses), policy);
        await outbox.AddAsync(transaction, message, ct);
        return (moved, message);
    }
}
