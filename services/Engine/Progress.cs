using System.Text.Json;

namespace Journeys.Engine;

/// <summary>What an enrollment waits for. An active one always waits for exactly one thing.</summary>
public enum WaitingFor
{
    /// <summary>It has ended.</summary>
    Nothing,

    /// <summary>Its content is reported finished.</summary>
    Report,

    /// <summary>The person does something.</summary>
    Event,

    /// <summary>A time comes.</summary>
    Time,

    /// <summary>It passed too many nodes in one go and continues automatically after a minute.</summary>
    Parked,
}

/// <summary>Where an enrollment is in its life, as far as the engine decides it.</summary>
public enum ProgressStatus
{
    Active,
    Completed,
    Stopped,
}

/// <summary>What becomes of somebody whose wait ended during a pause when the journey is resumed.</summary>
public enum Late
{
    /// <summary>They continue with what comes next.</summary>
    CatchUp,

    /// <summary>They continue, and content is skipped until something else holds them.</summary>
    Skip,

    /// <summary>They leave.</summary>
    Exit,
}

/// <summary>Everything that is remembered of one enrollment. Immutable.</summary>
public sealed record Progress
{
    /// <summary>The present node; the exit after completion.</summary>
    public string NodeId { get; init; } = "";

    /// <summary>Number of the present visit: 1, 2, 3..., never reused.</summary>
    public int VisitNo { get; init; }

    /// <summary>What it waits for.</summary>
    public WaitingFor WaitingFor { get; init; }

    /// <summary>When it arrived at the present node.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>When the present wait ends automatically; null when it does not.</summary>
    public DateTimeOffset? WakeAt { get; init; }

    /// <summary>Whether it is under way.</summary>
    public ProgressStatus Status { get; init; }

    /// <summary>How it was completed, `goal` when the goal ended it; of a stopped one the name of the exit rule that did.</summary>
    public string Outcome { get; init; } = "";

    /// <summary>Why it was stopped.</summary>
    public string StopReason { get; init; } = "";

    /// <summary>When the person came in; the goal's deadline counts from it.</summary>
    public DateTimeOffset EnteredAt { get; init; }

    /// <summary>When the journey's goal was reached; null until then.</summary>
    public DateTimeOffset? GoalAt { get; init; }

    /// <summary>Answers, outcomes and variants.</summary>
    public JourneyData Data { get; init; } = JourneyData.Empty;

    /// <summary>Whether nothing can move it any more.</summary>
    public bool IsFinal => Status != ProgressStatus.Active;
}

/// <summary>Something that may move an enrollment.</summary>
public abstract record Signal
{
    /// <summary>When it happened, if that was not just now: it was held while the journey was paused.</summary>
    public DateTimeOffset? HappenedAt { get; init; }

    /// <summary>The person came in, by a trigger or (null) past the triggers, because of this.</summary>
    public sealed record Entered(string? TriggerNodeId, string Cause) : Signal;

    /// <summary>Content was finished. Acts only on the node it is about, and only on the visit it names if it names one.</summary>
    public sealed record Reported(string NodeId, ContentOutcome Outcome, JsonElement Data = default, int? VisitNo = null) : Signal
    {
        /// <summary>Whether it is about where the enrollment is now.</summary>
        public bool IsAbout(Progress progress) => NodeId == progress.NodeId && (VisitNo is null || VisitNo == progress.VisitNo);
    }

    /// <summary>The person did something.</summary>
    public sealed record EventSeen(PersonEvent Event) : Signal;

    /// <summary>The timer of a visit fell due. Acts only on that visit, and never before its time.</summary>
    /// <param name="VisitNo">The visit.</param>
    /// <param name="Late">What becomes of the person, where the wait ended during a pause.</param>
    public sealed record TimerElapsed(int VisitNo, Late Late = Late.CatchUp) : Signal;

    /// <summary>Something about the person changed that the goal may depend on, or the date that they wait for.</summary>
    /// <param name="VisitNo">Where it was held during a pause: the visit of that time; else 0.</param>
    /// <param name="Until">Where it was held at a wait for a trait's date: when that wait was to end from then on.</param>
    public sealed record PersonChanged(int VisitNo = 0, DateTimeOffset? Until = null) : Signal;

    /// <summary>The enrollment ends early for this reason.</summary>
    /// <param name="Reason">The reason.</param>
    /// <param name="Note">What its history says of it; nothing when empty.</param>
    public sealed record Stopped(string Reason, string Note = "") : Signal;
}

/// <summary>One arrival at one node.</summary>
/// <param name="Branch">By which branch the node before was left; empty for the plain way and at entry.</param>
/// <param name="Cause">What caused the move.</param>
/// <param name="Detail">More about why, for people.</param>
public sealed record Visit(int VisitNo, string NodeId, string Branch, string Cause, string Detail, DateTimeOffset At);

/// <summary>Something that happened during a visit beside the arrival, such as the exit rule that ended it.</summary>
public sealed record VisitNote(int VisitNo, string Text, DateTimeOffset At);

/// <summary>What one signal did.</summary>
/// <param name="Progress">What is to be remembered from now on.</param>
/// <param name="Visits">Arrivals, in order.</param>
public sealed record Transition(Progress Progress, IReadOnlyList<Visit> Visits)
{
    /// <summary>What is to be told of visits beside arrivals, in order.</summary>
    public IReadOnlyList<VisitNote> Notes { get; init; } = [];

    /// <summary>Whether a timer came before its time: nothing happened, and the timer is needed again, because the one that came is gone.</summary>
    public bool WasTooEarly { get; init; }

    /// <summary>Returns a transition in which nothing happened: same progress, nothing to do.</summary>
    public static Transition Unchanged(Progress progress) => new(progress, []);

    /// <summary>A timer came before its time.</summary>
    public static Transition TooEarly(Progress progress) => new(progress, []) { WasTooEarly = true };
}
