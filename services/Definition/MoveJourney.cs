using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.Protos;
using Npgsql;
using Events = Journeys.Protos.Events.V1;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;

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

                RequireMove(journey, move, from);

                var moved = journey with { Status = to, ChangeNo = journey.ChangeNo + 1, UpdatedAt = time.GetStoredNow() };
                var message = toMessage(StateOf(moved));
                await JourneyStore.UpdateAsync(transaction, moved, ct);
                await ChangeStore.AddMoveAsync(transaction, moved, kind, ct);
                await outbox.AddAsync(transaction, message, ct);
                return (moved, (IMessage?)message);
            },
            ct);

        // A repeat may find that somebody has moved the journey on since.
        return message is null ? await nudge.RepeatAsync(journey, ct) : journey with { AppliedEverywhere = await nudge.SendAsync(message, ct) };
    }

    /// <summary>Refuses a move that the present status does not allow.</summary>
    /// <exception cref="Refused">Reason ILLEGAL_MOVE.</exception>
    public static void RequireMove(JourneyRow journey, string move, string[] from)
    {
        if (!from.Contains(journey.Status))
            throw new Refused("ILLEGAL_MOVE", $"Cannot {move} a journey that is {journey.Status}; it must be {string.Join(" or ", from)}.");
    }

    /// <summary>What messages say of where the journey stands.</summary>
    public static Events.JourneyState StateOf(JourneyRow journey) => new()
    {
        SiteId = journey.SiteId.ToString(),
        JourneyId = journey.JourneyId.ToString(),
        ChangeNo = journey.ChangeNo,
        Status = EnumText.Parse<Status>(journey.Status),
        Version = journey.Version,
        Time = journey.UpdatedAt.ToTimestamp(),
    };
}
