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

/// <summary>Changes the status of journeys. Messages leave through the outbox of the same transaction.</summary>
public sealed class MoveJourney(NpgsqlDataSource source, IdempotencyKeys keys, Outbox outbox, Nudge nudge, TimeProvider time)
{
    static readonly Move Pause = new(
        "pause", [JourneyStatuses.Published], JourneyStatuses.Paused, ChangeKinds.Paused, (state, _) => new Events.JourneyPaused { State = state });

    // Uses the late policy of the pause, unless the resume has one.
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

    /// <summary>`PAUSED` -> `PUBLISHED`, if its pause still has this end. Returns whether it was resumed.</summary>
    public async Task<bool> ResumeInTimeAsync(Guid siteId, Guid journeyId, DateTimeOffset resumeAt, CancellationToken ct)
    {
        var message = await source.InTransactionAsync(
            async transaction =>
                await JourneyStore.LockAsync(transaction, siteId, journeyId, ct) is { } journey && journey.ResumeAt == resumeAt
                    ? (await MakeAsync(transaction, journey, Resume, WithoutPause, ct)).Message
                    : null,
            ct);
        // Enrollment gets the change by message, or by a later repeat. No caller waits for its acknowledgement, and
        // other journeys are due too.
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

        // A repeat may find that the journey has been moved again since.
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

    // Late: returns the late policy from then on, given the policy of the pause.
    sealed record Move(
        string Verb, string[] From, string To, string Kind, Func<Events.JourneyState, LatePolicy?, IMessage> ToMessage,
        Func<LatePolicy?, LatePolicy?>? Late = null);
}
