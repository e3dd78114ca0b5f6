using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.Definitions.Changes;
using Journeys.Definitions.Journeys;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Definitions.Lifecycle;

/// <summary>A move of a journey that gives it another status: from where to where, and how others learn of it.</summary>
public sealed record JourneyMove
{
    /// <summary>`ARCHIVED` -> `DRAFT`.</summary>
    public static readonly JourneyMove Restore = new()
    {
        Verb = "restore",
        From = [JourneyStatuses.Archived],
        To = JourneyStatuses.Draft,
        Kind = ChangeKinds.Restored,
        ToMessage = (state, _) => new Events.JourneyRestored { State = state },
    };

    /// <summary>Anything but archived -> `ARCHIVED`.</summary>
    public static readonly JourneyMove Archive = new()
    {
        Verb = "archive",
        From = [JourneyStatuses.Draft, JourneyStatuses.Published, JourneyStatuses.Paused],
        To = JourneyStatuses.Archived,
        Kind = ChangeKinds.Archived,
        ToMessage = (state, _) => new Events.JourneyArchived { State = state },
    };

    /// <summary>`PAUSED` -> `PUBLISHED`. Uses the policy of the pause.</summary>
    public static readonly JourneyMove Resume = new()
    {
        Verb = "resume",
        From = [JourneyStatuses.Paused],
        To = JourneyStatuses.Published,
        Kind = ChangeKinds.Resumed,
        ToMessage = (state, policy) => new Events.JourneyResumed { State = state, Policy = policy?.ToProto() },
        Policy = ofPause => ofPause,
    };

    /// <summary>What cannot be done to a journey of another status, for the error.</summary>
    public required string Verb { get; init; }

    /// <summary>The statuses that allow the move.</summary>
    public required string[] From { get; init; }

    /// <summary>The status afterwards.</summary>
    public required string To { get; init; }

    /// <summary>One of <see cref="ChangeKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Makes the message that announces the move.</summary>
    public required Func<Events.JourneyState, PausePolicy?, IMessage> ToMessage { get; init; }

    /// <summary>Returns the policy of a resume, given that of the pause; null unless the move is a resume.</summary>
    public Func<PausePolicy?, PausePolicy?>? Policy { get; init; }

    /// <summary>Sets what the new status needs. Ends the pause, unless the move is one.</summary>
    public Func<JourneyRow, JourneyRow> Complete { get; init; } =
        moved => moved.WithPause(by: null, pausedAt: null, terms: null);

    /// <summary>`PUBLISHED` -> `PAUSED`.</summary>
    /// <param name="terms">Why, and until when.</param>
    /// <param name="by">The id of the member or key that pauses it.</param>
    public static JourneyMove Pause(PauseTerms terms, string by) => new()
    {
        Verb = "pause",
        From = [JourneyStatuses.Published],
        To = JourneyStatuses.Paused,
        Kind = ChangeKinds.Paused,
        ToMessage = (state, _) => new Events.JourneyPaused { State = state },
        Complete = moved => moved.WithPause(by, moved.UpdatedAt, terms.CheckedAt(moved.UpdatedAt)),
    };
}
