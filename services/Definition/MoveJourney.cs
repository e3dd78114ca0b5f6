using Google.Protobuf;
using Journeys.BuildingBlocks;
using Npgsql;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Definitions;

/// <summary>Moves journeys through their life. What is decided here leaves by the outbox of the same transaction.</summary>
public sealed class MoveJourney(NpgsqlDataSource source, IdempotencyKeys keys, Outbox outbox, Nudge nudge, TimeProvider time)
{
    /// <summary>`PUBLISHED` -> `PAUSED`.</summary>
    public Task<JourneyRow> PauseAsync(Guid siteId, Guid journeyId, RequestKey? key, CancellationToken ct) =>
        HandleAsync(
            siteId, journeyId, key, "pause", [JourneyStatuses.Published], JourneyStatuses.Paused, ChangeKinds.Paused,
            state => new Events.JourneyPaused { State = state }, ct);

    /// <summary>`PAUSED` -> `PUBLISHED`.</summary>
    public Task<JourneyRow> ResumeAsync(Guid siteId, Guid journeyId, RequestKey? key, CancellationToken ct) =>
        HandleAsync(
            siteId, journeyId, key, "resume", [JourneyStatuses.Paused], JourneyStatuses.Published, ChangeKinds.Resumed,
            state => new Events.JourneyResumed { State = state }, ct);

    /// <summary>Anything but archived -> `ARCHIVED`.</summary>
    public Task<JourneyRow> ArchiveAsync(Guid siteId, Guid journeyId, RequestKey? key, CancellationToken ct) =>
        HandleAsync(
            siteId, journeyId, key, "archive", [JourneyStatuses.Draft, JourneyStatuses.Published, JourneyStatuses.Paused],
            JourneyStatuses.Archived, ChangeKinds.Archived,
            state => new Events.JourneyArchived { State = state }, ct);

    /// <summary>`ARCHIVED` -> `DRAFT`.</summary>
    public Task<JourneyRow> RestoreAsync(Guid siteId, Guid journeyId, RequestKey? key, CancellationToken ct) =>
        HandleAsync(
            siteId, journeyId, key, "restore", [JourneyStatuses.Archived], JourneyStatuses.Draft, ChangeKinds.Restored,
            state => new Events.JourneyRestored { State = state }, ct);

    async Task<JourneyRow> HandleAsync(
        Guid siteId, Guid journeyId, RequestKey? key, string move, string[] from, string to, string kind,
        Func<Events.JourneyState, IMessage> toMessage, CancellationToken ct)
    {
        var (journey, message) = await source.InTransactionAsync(
            async transaction =>
            {
                var isRepeat = await keys.ClaimAsync(transaction, key, [journeyId], ct) is not null;
                var journey = await JourneyStore.LockAsync(transaction, siteId, journeyId, ct) ?? throw new NotFound("journey", journeyId);
                if (isRepeat)
                    return (journey, null);

                journey.RequireMove(move, from);

                var moved = journey with { Status = to, ChangeNo = journey.ChangeNo + 1, UpdatedAt = time.GetStoredNow() };
                var message = toMessage(moved.ToState());
                await JourneyStore.UpdateAsync(transaction, moved, ct);
                await ChangeStore.AddMoveAsync(transaction, moved, kind, ct);
                await outbox.AddAsync(transaction, message, ct);
                return (moved, (IMessage?)message);
            },
            ct);

        // A repeat may find that somebody has moved the journey on since.
        return message is null ? await nudge.RepeatAsync(journey, ct) : journey with { AppliedEverywhere = await nudge.SendAsync(message, ct) };
    }
}
