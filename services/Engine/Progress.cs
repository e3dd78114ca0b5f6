using System.Text.Json;

namespace Journeys.Engine;

/// <summary>What an enrollment waits for. An active enrollment always waits for exactly one thing.</summary>
public enum WaitingFor
{
    /// <summary>Nothing, because the enrollment has ended.</summary>
    Nothing,

    /// <summary>A report that its content is finished.</summary>
    Report,

    /// <summary>An event of the person.</summary>
    Event,

    /// <summary>A time.</summary>
    Time,

    /// <summary>
    /// Nothing in particular: it passed too many nodes at once and continues automatically after a minute.
    /// </summary>
    Parked,
}

/// <summary>The status of an enrollment, as far as the engine decides it.</summary>
public enum ProgressStatus
{
    Active,
    Completed,
    Stopped,
}

/// <summary>What happens on a resume to a person whose wait ended during the pause.</summary>
public enum Late
{
    /// <summary>The person continues as usual.</summary>
    CatchUp,

    /// <summary>The person continues, and content is skipped until another node holds the person.</summary>
    Skip,

    /// <summary>The person leaves.</summary>
    Exit,
}

/// <summary>The stored state of one enrollment. Immutable.</summary>
public sealed record Progress
{
    /// <summary>The current node; the exit after completion.</summary>
    public string NodeId { get; init; } = "";

    /// <summary>Number of the current visit: 1, 2, 3..., never reused.</summary>
    public int VisitNo { get; init; }

    /// <summary>What the enrollment waits for.</summary>
    public WaitingFor WaitingFor { get; init; }

    /// <summary>When the enrollment arrived at the current node.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>When the current wait ends automatically; null when it does not.</summary>
    public DateTimeOffset? WakeAt { get; init; }

    /// <summary>Whether the enrollment is active, completed or stopped.</summary>
    public ProgressStatus Status { get; init; }

    /// <summary>
    /// How the enrollment was completed, `goal` when the goal ended it. For a stopped enrollment, the name of the exit
    /// rule that stopped it.
    /// </summary>
    public string Outcome { get; init; } = "";

    /// <summary>Why the enrollment was stopped.</summary>
    public string StopReason { get; init; } = "";

    /// <summary>When the person entered; the goal's deadline counts from this time.</summary>
    public DateTimeOffset EnteredAt { get; init; }

    /// <summary>When the journey's goal was reached; null until then.</summary>
    public DateTimeOffset? GoalAt { get; init; }

    /// <summary>
    /// The pauses since the person entered during which waits stopped, in order. The goal's deadline is later by them.
    /// </summary>
    public IReadOnlyList<FrozenPause> Pauses { get; init; } = [];

    /// <summary>Answers, outcomes and variants.</summary>
    public JourneyData Data { get; init; } = JourneyData.Empty;

    /// <summary>Whether the enrollment has ended and no signal can move it any more.</summary>
    public bool IsFinal => Status != ProgressStatus.Active;
}

/// <summary>A signal that can move an enrollment.</summary>
public abstract record Signal
{
    /// <summary>
    /// When the signal happened; null for now. Set when the signal was held while the journey was paused.
    /// </summary>
    public DateTimeOffset? HappenedAt { get; init; }

    /// <summary>The person entered, by a trigger or (null) without one, for this cause.</summary>
    public sealed record Entered(string? TriggerNodeId, string Cause) : Signal;

    /// <summary>
    /// Content was finished. Has an effect only on this node, and only on this visit if one is given.
    /// </summary>
    public sealed record Reported(string NodeId, ContentOutcome Outcome, JsonElement Data = default, int? VisitNo = null) : Signal
    {
        /// <summary>Returns whether the report is about the current visit of the enrollment.</summary>
        public bool IsAbout(Progress progress) => NodeId == progress.NodeId && (VisitNo is null || VisitNo == progress.VisitNo);
    }

    /// <summary>An event of the person happened.</summary>
    public sealed record EventSeen(PersonEvent Event) : Signal;

    /// <summary>The timer of a visit fell due. Has an effect only on that visit, and never before its time.</summary>
    /// <param name="VisitNo">The visit.</param>
    /// <param name="Late">What happens to the person if the wait ended during a pause.</param>
    public sealed record TimerElapsed(int VisitNo, Late Late = Late.CatchUp) : Signal;

    /// <summary>
    /// Data of the person changed that the goal may depend on, or the date that the person waits for.
    /// </summary>
    /// <param name="VisitNo">The visit at the time, if the signal was held during a pause; otherwise 0.</param>
    /// <param name="Until">The new end of the wait, if the signal was held at a wait for a trait's date.</param>
    public sealed record PersonChanged(int VisitNo = 0, DateTimeOffset? Until = null) : Signal;

    /// <summary>The enrollment ends early, for this reason.</summary>
    /// <param name="Reason">The reason.</param>
    /// <param name="Note">A note for the history; none when empty.</param>
    public sealed record Stopped(string Reason, string Note = "") : Signal;
}

/// <summary>One arrival at one node.</summary>
/// <param name="Branch">
/// The branch by which the previous node was left; empty for the default branch and at entry.
/// </param>
/// <param name="Cause">What caused the move.</param>
/// <param name="Detail">Further explanation, for people.</param>
public sealed record Visit(int VisitNo, string NodeId, string Branch, string Cause, string Detail, DateTimeOffset At);

/// <summary>Something that happened during a visit besides the arrival, such as the exit rule that ended it.</summary>
public sealed record VisitNote(int VisitNo, string Text, DateTimeOffset At);

/// <summary>The effect of one signal.</summary>
/// <param name="Progress">The new state to store.</param>
/// <param name="Visits">The arrivals, in order.</param>
public sealed record Transition(Progress Progress, IReadOnlyList<Visit> Visits)
{
    /// <summary>Notes to add to visits, in order.</summary>
    public IReadOnlyList<VisitNote> Notes { get; init; } = [];

    /// <summary>
    /// Whether a timer came before its time: nothing happened, and the timer has to be scheduled again, because it was
    /// consumed.
    /// </summary>
    public bool WasTooEarly { get; init; }

    /// <summary>Returns a transition without any effect.</summary>
    public static Transition Unchanged(Progress progress) => new(progress, []);

    /// <summary>Returns the transition for a timer that came before its time.</summary>
    public static Transition TooEarly(Progress progress) => new(progress, []) { WasTooEarly = true };
}
