using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.Protos.Enrollment.V1;
using Npgsql;
using Events = Journeys.Protos.Events.V1;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Definitions;

/// <summary>Moves journeys through their life. What is decided here leaves by the outbox of the same transaction.</summary>
public sealed class MoveJourney(NpgsqlDataSource source, IdempotencyKeys keys, Outbox outbox, Nudge nudge, TimeProvider time)
{
    /// <summary>`PUBLISHED` -> `PAUSED`.</summary>
    public Task<JourneyRow> PauseAsync(Guid siteId, Guid journeyId, RequestKey? key, CancellationToken ct) =>
        HandleAsync(siteId, journeyId, key, "pause", ["PUBLISHED"], "PAUSED", state => new Events.JourneyPaused { State = state },
            message => new ApplyChangeRequest { Paused = message }, ct);

    /// <summary>`PAUSED` -> `PUBLISHED`.</summary>
    public Task<JourneyRow> ResumeAsync(Guid siteId, Guid journeyId, RequestKey? key, CancellationToken ct) =>
        HandleAsync(siteId, journeyId, key, "resume", ["PAUSED"], "PUBLISHED", state => new Events.JourneyResumed { State = state },
            message => new ApplyChangeRequest { Resumed = message }, ct);

    /// <summary>Anything but archived -> `ARCHIVED`.</summary>
    public Task<JourneyRow> ArchiveAsync(Guid siteId, Guid journeyId, RequestKey? key, CancellationToken ct) =>
        HandleAsync(siteId, journeyId, key, "archive", ["DRAFT", "PUBLISHED", "PAUSED"], "ARCHIVED", state => new Events.JourneyArchived { State = state },
            message => new ApplyChangeRequest { Archived = message }, ct);

    /// <summary>`ARCHIVED` -> `DRAFT`.</summary>
    public Task<JourneyRow> RestoreAsync(Guid siteId, Guid journeyId, RequestKey? key, CancellationToken ct) =>
        HandleAsync(siteId, journeyId, key, "restore", ["ARCHIVED"], "DRAFT", state => new Events.JourneyRestored { State = state },
            message => new ApplyChangeRequest { Restored = message }, ct);

    async Task<JourneyRow> HandleAsync<TMessage>(
        Guid siteId, Guid journeyId, RequestKey? key, string move, string[] from, string to,
        Func<Events.JourneyState, TMessage> toMessage, Func<TMessage, ApplyChangeRequest> toNudge, CancellationToken ct)
        where TMessage : IMessage
    {
        var (journey, message) = await source.InTransactionAsync(
            async transaction =>
            {
                var isRepeat = await keys.ClaimAsync(transaction, key, [journeyId], ct) is not null;
                var journey = await JourneyStore.LockAsync(transaction, siteId, journeyId, ct) ?? throw new NotFound("journey", journeyId);
                // Enrollment is told again, because it may be what the first call did not come to.
                if (isRepeat)
                    return (journey, toMessage(StateOf(journey)));

                RequireMove(journey, move, from);

                var moved = journey with { Status = to, ChangeNo = journey.ChangeNo + 1, UpdatedAt = time.GetStoredNow() };
                var message = toMessage(StateOf(moved));
                await JourneyStore.UpdateAsync(transaction, moved, ct);
                await outbox.AddAsync(transaction, message, ct);
                return (moved, message);
            },
            ct);

        if (journey.Status == to)
            await nudge.SendAsync(siteId, toNudge(message), ct);
        return journey;
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
        Status = System.Enum.Parse<Status>(journey.Status, ignoreCase: true),
        Version = journey.Version,
        Time = journey.UpdatedAt.ToTimestamp(),
    };
}
