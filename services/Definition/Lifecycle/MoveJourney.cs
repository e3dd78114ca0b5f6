using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Changes;
using Journeys.Definitions.Journeys;
using Npgsql;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Definitions.Lifecycle;

/// <summary>Moves journeys through their life. What is decided here leaves by the outbox of the same transaction.</summary>
public sealed class MoveJourney(NpgsqlDataSource source, IdempotencyKeys keys, Outbox outbox, Nudge nudge, TimeProvider time)
{
    static readonly Move Pause = new(
        "pause", [JourneyStatuses.Published], JourneyStatuses.Paused, ChangeKinds.Paused, state => new Events.JourneyPaused { State = state });

    static readonly Move Resume = new(
        "resume", [JourneyStatuses.Paused], JourneyStatuses.Published, ChangeKinds.Resumed, state => new Events.JourneyResumed { State = state });

    static readonly Move Archive = new(
        "archive", [JourneyStatuses.Draft, JourneyStatuses.Published, JourneyStatuses.Paused], JourneyStatuses.Archived, ChangeKinds.Archived,
        state => new Events.JourneyArchived { State = state });

    static readonly Move Restore = new(
        "restore", [JourneyStatuses.Archived], JourneyStatuses.Draft, ChangeKinds.Restored, state => new Events.JourneyRestored { State = state });

    /// <summary>`PUBLISHED` -> `PAUSED`.</summary>
    public Task<JourneyRow> PauseAsync(Guid siteId, Guid journeyId, PauseTerms terms, string by, RequestKey? key, CancellationToken ct) =>
        HandleAsync(siteId, journeyId, key, Pause, moved => moved.WithPause(by, moved.UpdatedAt, terms.CheckedAt(moved.UpdatedAt)), ct);

    /// <summary>`PAUSED` -> `PUBLISHED`.</summary>
    public Task<JourneyRow> ResumeAsync(Guid siteId, Guid journeyId, RequestKey? key, CancellationToken ct) =>
        HandleAsync(siteId, journeyId, key, Resume, WithoutPause, ct);

    /// <summary>`PAUSED` -> `PUBLISHED`, if it is still paused until this time. Returns whether it was.</summary>
    public async Task<bool> ResumeInTimeAsync(Guid siteId, Guid journeyId, DateTimeOffset resumeAt, CancellationToken ct)
    {
        var message = await source.InTransactionAsync(
            async transaction =>
                await JourneyStore.LockAsync(transaction, siteId, journeyId, ct) is { } journey && journey.ResumeAt == resumeAt
                    ? (await MakeAsync(transaction, journey, Resume, WithoutPause, ct)).Message
                    : null,
            ct);
        // Nobody waits for an answer that says whether Enrollment has it, and others are due too: it hears by message, or is told again.
        outbox.Wake();
        return message is not null;
    }

    /// <summary>Anything but archived -> `ARCHIVED`.</summary>
    public Task<JourneyRow> ArchiveAsync(Guid siteId, Guid journeyId, RequestKey? key, CancellationToken ct) =>
        HandleAsync(siteId, journeyId, key, Archive, WithoutPause, ct);

    /// <summary>`ARCHIVED` -> `DRAFT`.</summary>
    public Task<JourneyRow> RestoreAsync(Guid siteId, Guid journeyId, RequestKey? key, CancellationToken ct) =>
        HandleAsync(siteId, journeyId, key, Restore, WithoutPause, ct);

    async Task<JourneyRow> HandleAsync(
        Guid siteId, Guid journeyId, RequestKey? key, Move move, Func<JourneyRow, JourneyRow> complete, CancellationToken ct)
    {
        var (journey, message) = await source.InTransactionAsync(
            async transaction =>
            {
                var isRepeat = await keys.ClaimAsync(transaction, key, [journeyId], ct) is not null;
                var journey = await JourneyStore.LockAsync(transaction, siteId, journeyId, ct) ?? throw new NotFound("journey", journeyId);
                return isRepeat ? (journey, null) : await MakeAsync(transaction, journey, move, complete, ct);
            },
            ct);

        // A repeat may find that somebody has moved the journey on since.
        return message is null ? await nudge.RepeatAsync(journey, ct) : journey with { AppliedEverywhere = await nudge.SendAsync(message, ct) };
    }

    async Task<(JourneyRow Journey, IMessage? Message)> MakeAsync(
        NpgsqlTransaction transaction, JourneyRow journey, Move move, Func<JourneyRow, JourneyRow> complete, CancellationToken ct)
    {
        journey.RequireMove(move.Verb, move.From);

        var moved = complete(journey with { Status = move.To, ChangeNo = journey.ChangeNo + 1, UpdatedAt = time.GetStoredNow() });
        var message = move.ToMessage(moved.ToState());
        await JourneyStore.UpdateAsync(transaction, moved, ct);
        await ChangeStore.AddMoveAsync(transaction, moved, move.Kind, ct);
        await outbox.AddAsync(transaction, message, ct);
        return (moved, message);
    }

    static JourneyRow WithoutPause(JourneyRow journey) => journey.WithPause(by: null, pausedAt: null, terms: null);

    sealed record Move(string Verb, string[] From, string To, string Kind, Func<Events.JourneyState, IMessage> ToMessage);
}
