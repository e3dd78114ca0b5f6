using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Npgsql;
using Events = Journeys.Protos.Events.V1;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Definitions;

/// <summary>Moves journeys through their life. What is decided here leaves by the outbox of the same transaction.</summary>
public sealed class MoveJourney(NpgsqlDataSource source, Outbox outbox, Nudge nudge, TimeProvider time)
{
    /// <summary>`PUBLISHED` -> `PAUSED`.</summary>
    public Task<JourneyRow> PauseAsync(Guid siteId, Guid journeyId, CancellationToken ct) =>
        HandleAsync(siteId, journeyId, "pause", ["PUBLISHED"], "PAUSED", "PAUSED", state => new Events.JourneyPaused { State = state }, ct);

    /// <summary>`PAUSED` -> `PUBLISHED`.</summary>
    public Task<JourneyRow> ResumeAsync(Guid siteId, Guid journeyId, CancellationToken ct) =>
        HandleAsync(siteId, journeyId, "resume", ["PAUSED"], "PUBLISHED", "RESUMED", state => new Events.JourneyResumed { State = state }, ct);

    /// <summary>Anything but archived -> `ARCHIVED`.</summary>
    public Task<JourneyRow> ArchiveAsync(Guid siteId, Guid journeyId, CancellationToken ct) =>
        HandleAsync(
            siteId, journeyId, "archive", ["DRAFT", "PUBLISHED", "PAUSED"], "ARCHIVED", "ARCHIVED", state => new Events.JourneyArchived { State = state }, ct);

    /// <summary>`ARCHIVED` -> `DRAFT`.</summary>
    public Task<JourneyRow> RestoreAsync(Guid siteId, Guid journeyId, CancellationToken ct) =>
        HandleAsync(siteId, journeyId, "restore", ["ARCHIVED"], "DRAFT", "RESTORED", state => new Events.JourneyRestored { State = state }, ct);

    async Task<JourneyRow> HandleAsync(
        Guid siteId, Guid journeyId, string move, string[] from, string to, string kind, Func<Events.JourneyState, IMessage> toMessage, CancellationToken ct)
    {
        var (journey, message) = await source.InTransactionAsync(
            async transaction =>
            {
                var journey = await JourneyStore.LockAsync(transaction, siteId, journeyId, ct) ?? throw new NotFound("journey", journeyId);
                RequireMove(journey, move, from);

                var moved = journey with { Status = to, ChangeNo = journey.ChangeNo + 1, UpdatedAt = time.GetStoredNow() };
                var message = toMessage(StateOf(moved));
                await JourneyStore.UpdateAsync(transaction, moved, ct);
                await ChangeStore.AddMoveAsync(transaction, moved, kind, ct);
                await outbox.AddAsync(transaction, message, ct);
                return (moved, message);
            },
            ct);

        return journey with { AppliedEverywhere = await nudge.SendAsync(message, ct) };
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
