namespace Journeys.Engine;

/// <summary>Decides what one signal does to one enrollment.</summary>
/// <remarks>
/// Pure and total: no clock, no I/O, no randomness; the same input gives the same output. The caller stores the whole
/// result at once.
/// </remarks>
public static class JourneyEngine
{
    /// <summary>The outcome of an enrollment that ended because it reached the goal.</summary>
    public const string GoalOutcome = "goal";

    /// <summary>The reason of an enrollment that was stopped because its wait ended during a pause.</summary>
    public const string LateReason = "LATE";

    /// <summary>Returns the effect of one signal.</summary>
    /// <param name="journey">The version that the person is in.</param>
    /// <param name="progress">The stored state of the enrollment; `new()` with EnteredAt before entry.</param>
    /// <param name="signal">What happened. Late, repeated and unrelated signals are normal and change nothing.</param>
    /// <param name="person">What is known of the person.</param>
    /// <param name="now">The time of the transition.</param>
    public static Transition Advance(CompiledJourney journey, Progress progress, Signal signal, Person person, DateTimeOffset now)
    {
        if (progress.IsFinal)
            return Transition.Unchanged(progress);
        if (signal is Signal.Entered entered)
            return progress.VisitNo == 0 ? Enter(journey, progress, entered, person, now) : Transition.Unchanged(progress);

        var walk = new Walk(journey, progress, person, now, signal.HappenedAt);
        if (signal is Signal.Stopped stopped)
        {
            walk.Stop(stopped);
            return walk.ToTransition();
        }

        if (journey.NodeAt(progress.NodeId) is not { } here)
            return Transition.Unchanged(progress);
        if (signal is Signal.TimerElapsed { VisitNo: var visitNo } && visitNo == progress.VisitNo && now < progress.WakeAt)
            return Transition.TooEarly(progress);

        // A report is recorded, whether the person continues or leaves.
        if (signal is Signal.Reported finished && here.Node is ContentNode shown && finished.IsAbout(progress))
            walk.Note(shown, finished);
        if (Concerns(here, progress, signal, now) && walk.LeaveEarly((signal as Signal.EventSeen)?.Event))
            return walk.ToTransition();

        switch (signal)
        {
            case Signal.Reported reported when here.Node is ContentNode && reported.IsAbout(progress):
                walk.Leave(here, BranchOf(reported.Outcome), $"report:{Spelling.Of(reported.Outcome)}");
                break;
            case Signal.EventSeen seen when Accepts(here, seen.Event, person, progress.Data, now):
                walk.Leave(here, "event", $"event:{seen.Event.Name}");
                break;
            case Signal.TimerElapsed elapsed when elapsed.VisitNo == progress.VisitNo && progress.WakeAt <= now:
                walk.Wake(here, elapsed.Late);
                break;
            case Signal.PersonChanged changed when here.Node is WaitNode { Wait: TraitDateWait wait } && (changed.VisitNo == 0 || changed.VisitNo == progress.VisitNo):
                walk.Follow(here, wait, changed.VisitNo == 0 ? walk.WaitUntil(wait) : changed.Until);
                break;
            // A timeout can stay scheduled after the awaited event has come; its timer is ignored here.
            default:
                break;
        }

        walk.CheckGoal();
        return walk.ToTransition();
    }

    /// <summary>
    /// Returns when the current wait for a trait's date would end according to the trait's present value; null when the
    /// enrollment waits for something else or the trait contains no date.
    /// </summary>
    public static DateTimeOffset? DateAwaited(CompiledJourney journey, Progress progress, Person person, DateTimeOffset now) =>
        journey.Find(progress.NodeId) is WaitNode { Wait: TraitDateWait wait } && progress.WaitingFor == WaitingFor.Time
            ? new Walk(journey, progress, person, now).WaitUntil(wait)
            : null;

    /// <summary>
    /// Returns whether the trait that a node's wait depends on contains a date; true for every other node.
    /// </summary>
    public static bool NamesDate(CompiledJourney journey, string nodeId, Person person, DateTimeOffset now) =>
        journey.Find(nodeId) is not WaitNode { Wait: TraitDateWait wait } || new Walk(journey, new Progress(), person, now).WaitUntil(wait) is not null;

    /// <summary>
    /// Returns the state of an enrollment of which only the last visit is known: what the node of that visit waits for.
    /// </summary>
    /// <param name="progress">The state, with the node, number and time of the visit.</param>
    public static Progress Settle(CompiledJourney journey, Progress progress, Person person)
    {
        if (journey.NodeAt(progress.NodeId) is not { } here)
            return progress;

        var walk = new Walk(journey, progress, person, progress.Since);
        walk.Settle(here);
        return walk.ToTransition().Progress;
    }

    /// <summary>
    /// Returns the state after pauses during which waits stopped: the current wait ends later. Unchanged if none of them
    /// fell into the wait, or if it is a wait for a date.
    /// </summary>
    /// <param name="journey">The version that the person is in.</param>
    /// <param name="progress">The state, in whose wait none of these pauses is included.</param>
    /// <param name="pauses">The pauses, in order.</param>
    /// <param name="person">What is known of the person.</param>
    public static Progress Thaw(CompiledJourney journey, Progress progress, IReadOnlyList<FrozenPause> pauses, Person person)
    {
        if (progress.IsFinal || progress.WaitingFor == WaitingFor.Parked || journey.NodeAt(progress.NodeId) is not { } here)
            return progress;

        var walk = new Walk(journey, progress, person, progress.Since);
        walk.Thaw(here, pauses);
        return walk.ToTransition().Progress;
    }

    /// <summary>
    /// Returns the exit rule that would end the enrollment immediately on entry; null when no rule holds, or when the
    /// goal would end it first.
    /// </summary>
    /// <param name="journey">The version that the person would enter.</param>
    /// <param name="data">The data of the entry.</param>
    /// <param name="person">What is known of the person.</param>
    /// <param name="now">The current time.</param>
    public static ExitRule? ExitAtEntry(CompiledJourney journey, JourneyData data, Person person, DateTimeOffset now)
    {
        if (journey.Exits.Count == 0)
            return null;

        var facts = new Facts(person, data, null, now);
        return journey.Goal is { ExitOnGoal: true } && journey.IsGoal!(facts) ? null : journey.Exits.FirstOrDefault(exit => exit.Holds(facts))?.Rule;
    }

    static Transition Enter(CompiledJourney journey, Progress progress, Signal.Entered entered, Person person, DateTimeOffset now)
    {
        var triggers = journey.Triggers;
        var way = entered.TriggerNodeId
            ?? triggers.FirstOrDefault(trigger => trigger.EventName is null)?.NodeId
            ?? triggers[0].NodeId;
        if (journey.NodeAt(way) is not { Node: TriggerNode } trigger)
            return Transition.Unchanged(progress);

        var walk = new Walk(journey, progress, person, now);
        walk.Begin(trigger, entered.Cause);
        walk.CheckGoal();
        return walk.ToTransition();
    }

    // Whether the exit rules are evaluated: not for a report or a timer of an earlier visit.
    static bool Concerns(CompiledNode here, Progress progress, Signal signal, DateTimeOffset now) => signal switch
    {
        Signal.Reported reported => here.Node is ContentNode && reported.IsAbout(progress),
        Signal.TimerElapsed elapsed => elapsed.VisitNo == progress.VisitNo && progress.WakeAt <= now,
        Signal.EventSeen or Signal.PersonChanged => true,
        _ => false,
    };

    static bool Accepts(CompiledNode here, PersonEvent happened, Person person, JourneyData data, DateTimeOffset now)
    {
        foreach (var (name, where) in here.Events)
        {
            if (name == happened.Name && (where is null || where(new Facts(person, data, happened, now))))
                return true;
        }

        return false;
    }

    static string BranchOf(ContentOutcome outcome) => outcome switch
    {
        ContentOutcome.Dismissed => "dismissed",
        ContentOutcome.Skipped => "skipped",
        _ => "",
    };
}
