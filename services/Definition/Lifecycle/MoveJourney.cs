using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Changes;
using Journeys.Definitions.Journeys;
using Journeys.Protos.Definition.V1;
using Npgsql;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Definitions.Lifecycle;

/// <summary>Moves journeys through their life. What is decided here leaves by the outbox of the same transaction.</summary>
public sealed class MoveJourney(NpgsqlDataSource source, IdempotencyKeys keys, Outbox outbox, Nudge nudge, TimeProvider time)
{
    static readonly Move Pause = new(
        "pause", [JourneyStatuses.Published], JourneyStatuses.Paused, ChangeKinds.Paused, (state, _) => new Events.JourneyPaused { State = state });

    // As the pause has it, unless the resume says otherwise.
    static readonly Move Resume = ResumeWith(paused => paused);

    static readonly Move Archive = new(
        "archive", [JourneyStatuses.Draft, JourneyStatuses.Published, JourneyStatuses.Paused], JourneyStatuses.Archived, ChangeKinds.Archived,
        (state, _) => new Events.JourneyArchived { State = state });

    static readonly Move Restore = new(
        "restore", [JourneyStatuses.Archived], JourneyStatuses.Draft, ChangeKinds.Restored, (state, _) => new Events.JourneyRestored { State = state });

    /// <summary>`PUBLISHED` -> `PAUSED`.</summary>
    public Task<JourneyRow> PauseAsync(Guid siteId, Guid journeyId, PauseTerms terms, string by, RequestKey? key, CancellationToken ct) =>
        HandleAsync(siteId, journeyId, key, Pause, moved => moved.WithPause(by, moved.UpdatedAt, terms.CheckedAt(moved.UpdatedAt)), ct);

    /// <summary>`PAUSED` -> `PUBLISHED`.</summary>
    public Task<JourneyRow> ResumeAsync(Guid siteId, Guid journeyId, Journey.Types.PausePolicy? policy, RequestKey? key, CancellationToken ct)
    {
        var given = LatePolicy.Read(policy);
        return HandleAsync(siteId, journeyId, key, policy is null ? Resume : ResumeWith(_ => given), WithoutPause, ct);
    }

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
        var late = move.Late?.Invoke(LatePolicy.Of(journey.Late, journey.LateAfter));
        var message = move.ToMessage(moved.ToState(), late);
        await JourneyStore.UpdateAsync(transaction, moved, ct);
        await ChangeStore.AddMoveAsync(transaction, moved, move.Kind, late, ct);
        await outbox.AddAsync(transaction, message, ct);
        return (moved, message);
    }

    static JourneyRow WithoutPause(JourneyRow journey) => journey.WithPause(by: null, pausedAt: null, terms: null);

    static Move ResumeWith(Func<LatePolicy?, LatePolicy?> late) => new(
        "resume", [JourneyStatuses.Paused], JourneyStatuses.Published, ChangeKinds.Resumed,
        (state, policy) => new Events.JourneyResumed { State = state, Policy = policy?.ToProto() }, late);

    // Late: how late people are treated from then on, by how the pause has it.
    sealed record Move(
        string Verb, string[] From, string To, string Kind, Func<Events.JourneyState, LatePolicy?, IMessage> ToMessage,
        Func<LatePolicy?, LatePolicy?>? Late = null);
}
