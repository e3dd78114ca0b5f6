namespace Journeys.Engine;

/// <summary>Decides what one signal does to one enrollment.</summary>
/// <remarks>Pure and total: no clock, no I/O, no randomness; the same input gives the same output. The caller stores all of it at once.</remarks>
public static class JourneyEngine
{
    /// <summary>The outcome of an enrollment that the goal ended.</summary>
    public const string GoalOutcome = "goal";

    /// <summary>The reason of an enrollment that was stopped because its wait ended during a pause.</summary>
    public const string LateReason = "LATE";

    /// <summary>What one signal does.</summary>
    /// <param name="journey">The version the person walks.</param>
    /// <param name="progress">What is remembered of the enrollment; `new()` with EnteredAt before entry.</param>
    /// <param name="signal">What happened. Late, repeated and unrelated ones are normal and change nothing.</param>
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

        // What was reported counts, whether it leads on or out.
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
            // A time-out may stay scheduled after the awaited event has come; then it ends here.
            default:
                break;
        }

        walk.CheckGoal();
        return walk.ToTransition();
    }

    /// <summary>When the present wait for a trait's date would end by what the trait says now; null when it waits for something else or the trait has no date.</summary>
    public static DateTimeOffset? DateAwaited(CompiledJourney journey, Progress progress, Person person, DateTimeOffset now) =>
        journey.Find(progress.NodeId) is WaitNode { Wait: TraitDateWait wait } && progress.WaitingFor == WaitingFor.Time
            ? new Walk(journey, progress, person, now).WaitUntil(wait)
            : null;

    /// <summary>Whether the trait that a node's wait counts from names a date; true for every other node.</summary>
    public static bool NamesDate(CompiledJourney journey, string nodeId, Person person, DateTimeOffset now) =>
        journey.Find(nodeId) is not WaitNode { Wait: TraitDateWait wait } || new Walk(journey, new Progress(), person, now).WaitUntil(wait) is not null;

    /// <summary>What an enrollment waits for when all that is known is where its last visit was: the state that belongs to that visit.</summary>
    /// <param name="progress">With the node, number and time of the visit.</param>
    public static Progress Settle(CompiledJourney journey, Progress progress, Person person)
    {
        if (journey.NodeAt(progress.NodeId) is not { } here)
            return progress;

        var walk = new Walk(journey, progress, person, progress.Since);
        walk.Settle(here);
        return walk.ToTransition().Progress;
    }

    /// <summary>The exit rule by which somebody would leave at once who came in now; null when none holds, or when the goal comes first.</summary>
    /// <param name="journey">The version they would walk.</param>
    /// <param name="data">What would let them in.</param>
    /// <param name="person">What is known of them.</param>
    /// <param name="now">What time it is.</param>
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

    // Whether the exit rules are asked: not by a report or a timer of a visit that is over.
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
