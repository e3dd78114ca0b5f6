using Journeys.BuildingBlocks;
using Journeys.Engine;

namespace Journeys.Enrollments.Enrollments;

/// <summary>The outcome of one signal.</summary>
public enum SignalOutcome
{
    /// <summary>It was late, repeated or unrelated; nothing changed.</summary>
    Ignored,

    /// <summary>It moved the enrollment.</summary>
    Applied,

    /// <summary>The journey is paused, the enrollment is set aside, or what is held for it already comes first; it is applied later.</summary>
    Held,
}

/// <content>Signals from outside: applied in order, or held while the journey is paused or the enrollment is set aside.</content>
public sealed partial class Enrollment
{
    /// <summary>How many held signals are applied in one transaction.</summary>
    public const int MostHeldAtOnce = 200;

    readonly List<HeldRow> signalsToHold = [];
    readonly List<HeldRow> appliedSignals = [];
    bool hasAppliedHeld;
    int appliedHeld;

    /// <summary>Whether signals are left that were held before this transaction and can be applied by the next one.</summary>
    public bool HasMoreHeld => hasAppliedHeld && IsActive && appliedHeld < held.Count;

    /// <summary>Whether a signal that is held is compared with all that is held before it.</summary>
    public static bool ComparesWithHeld(Signal signal) => signal is Signal.Reported or Signal.PersonChanged;

    /// <summary>Signals to be held from now on.</summary>
    public IReadOnlyList<HeldRow> SignalsToHold => signalsToHold;

    /// <summary>Held signals that were applied and are to be removed.</summary>
    public IReadOnlyList<HeldRow> AppliedSignals => appliedSignals;

    /// <summary>
    /// Applies what is held for it, and then these signals; holds them instead while its journey is paused. Of what is held it applies
    /// <see cref="MostHeldAtOnce"/>; where more is left, these signals are held behind it.
    /// </summary>
    public SignalOutcome Receive(IEnumerable<Signal> signals, DateTimeOffset now)
    {
        if (Row.JourneyStatus == JourneyStatuses.Paused || Row.IsSetAside)
            return Hold(signals, now);

        // As good as archived: the job has not reached it yet.
        if (Row.JourneyStatus != JourneyStatuses.Published)
            return SignalOutcome.Ignored;

        ApplyHeld(now);
        // A timer of a visit that is over would be held in vain.
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

    // A date that moves again during the pause must not hide that the wait ended at the date in between, so each is kept as it was.
    Signal AsOfNow(Signal signal, DateTimeOffset now)
    {
        if (signal is not Signal.PersonChanged)
            return signal;

        var until = DateAwaited(now);
        var isNews = until is not null && until != LastHeld();
        return new Signal.PersonChanged(Row.VisitNo, isNews ? until : null);
    }

    // What only a newer release can read is like nothing that comes now. Whoever applies it fails.
    IEnumerable<Signal> ReadableHeld => held.Skip(appliedHeld).Select(before => SignalJson.TryRead(before.Signal)).OfType<Signal>();

    // When the present wait is to end by what is known until now.
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
            // The enrollment is set aside. Of several changes before the next try, the first says from when on to look.
            Signal.PersonChanged { VisitNo: 0 } => ReadableHeld.Any(before => before is Signal.PersonChanged { VisitNo: 0 }),
            _ => false,
        };
    }

    void ApplyHeld(DateTimeOffset now)
    {
        // Once, also where several signals of one transaction come one by one.
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

    // A wait that ended before goes first, though its timer may still be on its way: a time-out wins over an event that came after it.
    bool ApplyInOrder(Signal signal, DateTimeOffset at, DateTimeOffset now)
    {
        var mayEndWait = signal is Signal.Reported or Signal.EventSeen || (signal is Signal.PersonChanged && AwaitsDate);
        if (mayEndWait && Row.WakeAt <= at)
            Apply(new Signal.TimerElapsed(Row.VisitNo), now);
        return Apply(signal, now);
    }

    bool Concerns(Signal signal) => signal switch
    {
        // The next try makes up for it.
        Signal.TimerElapsed => !Row.IsSetAside,
        // A report may become current by another one that is held before it, so every report is kept, but not one of a visit that is over.
        Signal.Reported reported => !(reported.VisitNo < Row.VisitNo),
        // Nobody knows what it listens to.
        Signal.EventSeen when ReferenceEquals(journey, CompiledJourney.Unreadable) => true,
        // An audience may ask for any event.
        Signal.EventSeen seen => journey.ListensTo(seen.Event.Name) || journey.Needs.Audiences.Count > 0,
        // Nobody knows what somebody waits for who is set aside: it may be a date that has just moved.
        Signal.PersonChanged changed => Row.IsSetAside || journey.Goal is not null || journey.Exits.Count > 0 || changed.Until is not null,
        _ => true,
    };
}
