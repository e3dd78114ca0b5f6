using Journeys.BuildingBlocks;
using Journeys.Engine;

namespace Journeys.Enrollments.Enrollments;

/// <summary>The outcome of one signal.</summary>
public enum SignalOutcome
{
    /// <summary>The signal was late, repeated or unrelated; nothing changed.</summary>
    Ignored,

    /// <summary>The signal moved the enrollment.</summary>
    Applied,

    /// <summary>
    /// The signal is kept and applied later, because the journey is paused, the enrollment is set aside or earlier
    /// signals are still held.
    /// </summary>
    Held,
}

/// <content>Signals from outside: applied in order, or held while the journey is paused or the enrollment is set aside.</content>
public sealed partial class Enrollment
{
    /// <summary>The maximum number of held signals that one transaction applies.</summary>
    public const int MostHeldAtOnce = 200;

    readonly List<HeldRow> signalsToHold = [];
    readonly List<HeldRow> appliedSignals = [];
    bool hasAppliedHeld;
    int appliedHeld;

    /// <summary>
    /// Whether signals remain that were held before this transaction and that the next one can apply.
    /// </summary>
    public bool HasMoreHeld => hasAppliedHeld && IsActive && appliedHeld < held.Count;

    /// <summary>Whether holding this signal first compares it with all signals that are held already.</summary>
    public static bool ComparesWithHeld(Signal signal) => signal is Signal.Reported or Signal.PersonChanged;

    /// <summary>The signals to store as held.</summary>
    public IReadOnlyList<HeldRow> SignalsToHold => signalsToHold;

    /// <summary>The held signals that were applied and are to be removed.</summary>
    public IReadOnlyList<HeldRow> AppliedSignals => appliedSignals;

    /// <summary>
    /// Applies at most <see cref="MostHeldAtOnce"/> held signals, and then these signals. Holds these signals instead
    /// while the journey is paused, the enrollment is set aside or more held signals remain.
    /// </summary>
    public SignalOutcome Receive(IEnumerable<Signal> signals, DateTimeOffset now)
    {
        if (Row.JourneyStatus == JourneyStatuses.Paused || Row.IsSetAside)
            return Hold(signals, now);

        // The journey is archived; the job has not archived this enrollment yet.
        if (Row.JourneyStatus != JourneyStatuses.Published)
            return SignalOutcome.Ignored;

        ApplyHeld(now);
        // A timer of an earlier visit would have no effect, so it is not held.
        if (HasMoreHeld)
            return Hold(signals.Where(signal => signal is not Signal.TimerElapsed timer || timer.VisitNo == Row.VisitNo), now);

        var outcome = SignalOutcome.Ignored;
        foreach (var signal in signals)
        {
            if (ApplyInOrder(signal, now, now))
                outcome = SignalOutcome.Applied;
        }

        return outcome;
    }

    SignalOutcome Hold(IEnumerable<Signal> signals, DateTimeOffset now)
    {
        var outcome = SignalOutcome.Ignored;
        foreach (var signal in signals.Select(signal => Row.IsSetAside ? signal : AsOfNow(signal, now)).Where(Concerns))
        {
            if (!IsHeld(signal))
                signalsToHold.Add(HeldRow.Of(Row, signal, now));
            outcome = SignalOutcome.Held;
        }

        return outcome;
    }

    // Stores the date that is awaited now, because the date may move again during the pause, and the wait may have
    // ended at the date in between.
    Signal AsOfNow(Signal signal, DateTimeOffset now)
    {
        if (signal is not Signal.PersonChanged)
            return signal;

        var until = DateAwaited(now);
        var isNews = until is not null && until != LastHeld();
        return new Signal.PersonChanged(Row.VisitNo, isNews ? until : null);
    }

    // Skips signals that only a newer release can read: no signal of this release equals them. Applying them fails.
    IEnumerable<Signal> ReadableHeld => held.Skip(appliedHeld).Select(before => SignalJson.TryRead(before.Signal)).OfType<Signal>();

    // Returns when the present wait ends, by the newest held change of its date.
    DateTimeOffset? LastHeld() => ReadableHeld
        .OfType<Signal.PersonChanged>()
        .LastOrDefault(changed => changed.VisitNo == Row.VisitNo && changed.Until is not null)?.Until ?? Row.WakeAt;

    bool IsHeld(Signal signal)
    {
        return signal switch
        {
            // Nothing is shown during a pause, so a second report of a step repeats the first. A report of another visit
            // only repeats reports of that same visit, because it may never be applied.
            Signal.Reported reported => ReadableHeld.OfType<Signal.Reported>().Any(before =>
                before.NodeId == reported.NodeId
                && (before.VisitNo is null || before.VisitNo == (reported.VisitNo ?? Row.VisitNo))),
            // Applies to an enrollment that is set aside. Of several changes before its next retry, the first one has
            // the time from which to look.
            Signal.PersonChanged { VisitNo: 0 } => ReadableHeld.Any(before => before is Signal.PersonChanged { VisitNo: 0 }),
            _ => false,
        };
    }

    void ApplyHeld(DateTimeOffset now)
    {
        // Runs once per transaction, also when its signals are received one at a time.
        if (hasAppliedHeld)
            return;

        hasAppliedHeld = true;
        foreach (var before in held.Take(MostHeldAtOnce))
        {
            ApplyInOrder(SignalJson.Read(before.Signal) with { HappenedAt = before.HeldAt }, before.HeldAt, now);
            appliedSignals.Add(before);
            appliedHeld++;
        }
    }

    // A wait whose time has passed ends first, even if its timer has not arrived yet, so that a timeout wins over a
    // later event.
    bool ApplyInOrder(Signal signal, DateTimeOffset at, DateTimeOffset now)
    {
        var mayEndWait = signal is Signal.Reported or Signal.EventSeen || (signal is Signal.PersonChanged && AwaitsDate);
        if (mayEndWait && Row.WakeAt <= at)
            Apply(new Signal.TimerElapsed(Row.VisitNo), now);
        return Apply(signal, now);
    }

    bool Concerns(Signal signal) => signal switch
    {
        // The next retry of an enrollment that is set aside handles its overdue wait.
        Signal.TimerElapsed => !Row.IsSetAside,
        // Reports of earlier visits are dropped. All others are kept, because a report held before them may make them
        // current.
        Signal.Reported reported => !(reported.VisitNo < Row.VisitNo),
        // The version is unreadable, so the events that it waits for are unknown.
        Signal.EventSeen when ReferenceEquals(journey, CompiledJourney.Unreadable) => true,
        // An audience may depend on any event.
        Signal.EventSeen seen => journey.ListensTo(seen.Event.Name) || journey.Needs.Audiences.Count > 0,
        // An enrollment that is set aside may be waiting for a date that has just moved.
        Signal.PersonChanged changed => Row.IsSetAside || journey.Goal is not null || journey.Exits.Count > 0 || changed.Until is not null,
        _ => true,
    };
}
