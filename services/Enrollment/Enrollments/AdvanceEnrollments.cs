using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.Enrollments.Aside;
using Npgsql;

namespace Journeys.Enrollments;

/// <summary>A signal on its way to an enrollment.</summary>
public sealed record Delivery(Guid SiteId, Guid EnrollmentId, Signal Signal);

/// <summary>Moves enrollments: loads them locked, has the engine decide, writes in bulk. One path for 1 signal or for 500.</summary>
public sealed class AdvanceEnrollments(NpgsqlDataSource source, RunReader reader, RunStore store, Outbox outbox, Watchers watchers, SetAside aside, Clock clock)
{
    /// <summary>What became of one signal.</summary>
    public enum Fate
    {
        /// <summary>It was late, repeated or of no concern; nothing changed.</summary>
        Ignored,

        /// <summary>It moved the enrollment.</summary>
        Applied,

        /// <summary>The journey is paused, or the enrollment is set aside; it is applied later.</summary>
        Held,
    }

    /// <summary>Applies signals in their order. Whoever cannot be moved is set aside, and keeps nobody else. Gives how many changed something.</summary>
    public async Task<int> HandleAsync(IReadOnlyCollection<Delivery> deliveries, CancellationToken ct)
    {
        var runs = await Splitting.RunAsync(
            deliveries.GroupBy(delivery => (delivery.SiteId, delivery.EnrollmentId)).ToList(),
            of => of.Key.SiteId,
            part => MoveAsync([.. part.SelectMany(of => of)], ct),
            (of, failure) => aside.NoteAsync(of.Key.SiteId, of.Key.EnrollmentId, [.. of.Select(delivery => delivery.Signal)], failure, ct));

        var moved = runs.SelectMany(part => part).ToList();
        Tell(moved);
        return moved.Count(run => run.HasChanged);
    }

    Task<IReadOnlyList<Run>> MoveAsync(IReadOnlyCollection<Delivery> deliveries, CancellationToken ct) =>
        source.InTransactionAsync(
            async transaction =>
            {
                var locked = await EnrollmentStore.LockActiveAsync(
                    transaction,
                    [.. deliveries.Select(delivery => delivery.SiteId)],
                    [.. deliveries.Select(delivery => delivery.EnrollmentId)],
                    ct);
                var signals = deliveries.ToLookup(delivery => delivery.EnrollmentId, delivery => delivery.Signal);
                return await ApplyAsync(transaction, locked, row => signals[row.EnrollmentId], ct);
            },
            ct);

    /// <summary>Applies to each locked row what is held for it, and then these signals.</summary>
    public async Task<IReadOnlyList<Run>> ApplyAsync(
        NpgsqlTransaction transaction, LockedRows locked, Func<EnrollmentRow, IEnumerable<Signal>> signalsOf, CancellationToken ct)
    {
        var now = clock.At(locked.At);
        var loaded = await reader.ReadAsync(transaction, locked.Rows, ct);
        var toHold = new List<(EnrollmentRow Row, string Signal)>();
        foreach (var run in loaded.Runs)
            Apply(run, loaded, signalsOf(run.Row), toHold, now);

        await HeldSignals.AddAsync(transaction, toHold, now, ct);
        await store.SaveAsync(transaction, loaded.Runs, ct);
        return loaded.Runs;
    }

    /// <summary>Has the relay and those who watch look, after the commit.</summary>
    public void Tell(IReadOnlyCollection<Run> runs)
    {
        if (runs.Any(run => run.HasMessages))
            outbox.Wake();
        foreach (var run in runs.Where(run => run.HasChanged))
            watchers.Tell(run.Row.SiteId, run.Row.ProfileId);
    }

    /// <summary>Applies what is held for a run, and then these signals; keeps them instead while its journey is paused.</summary>
    public static Fate Apply(
        Run run, LoadedRuns loaded, IEnumerable<Signal> signals, List<(EnrollmentRow Row, string Signal)> toHold, DateTimeOffset now)
    {
        var fate = Fate.Ignored;
        if (run.Row.JourneyStatus == "PAUSED" || run.Row.IsSetAside)
        {
            foreach (var signal in signals
                .Select(signal => run.Row.IsSetAside ? signal : AsOfNow(run, loaded, signal, now))
                .Where(signal => Concerns(run, signal) && !(run.Row.IsSetAside && signal is Signal.TimerElapsed)))
            {
                if (!IsHeld(run, loaded, signal))
                    toHold.Add((run.Row, SignalJson.Write(signal)));
                fate = Fate.Held;
            }

            return fate;
        }

        // Archived, only that the job has not come to it yet.
        if (run.Row.JourneyStatus != "PUBLISHED")
            return fate;

        ApplyHeld(run, loaded, now);
        foreach (var signal in signals)
        {
            if (ApplyInOrder(run, loaded, signal, now, now))
                fate = Fate.Applied;
        }

        return fate;
    }

    // A date that moves again during the pause must not hide that the wait ended at the date in between, so each is kept as it was.
    static Signal AsOfNow(Run run, LoadedRuns loaded, Signal signal, DateTimeOffset now)
    {
        if (signal is not Signal.PersonChanged)
            return signal;

        var until = run.DateAwaited(loaded.PersonOf(run), now);
        var isNews = until is not null && until != LastHeld(run, loaded);
        return new Signal.PersonChanged(run.Row.VisitNo, isNews ? until : null);
    }

    // When the present wait is to end by what is known until now.
    static DateTimeOffset? LastHeld(Run run, LoadedRuns loaded) => loaded.Held[run.Row.EnrollmentId]
        .Select(held => SignalJson.Read(held.Signal))
        .OfType<Signal.PersonChanged>()
        .LastOrDefault(changed => changed.VisitNo == run.Row.VisitNo && changed.Until is not null)?.Until ?? run.Row.WakeAt;

    // Nothing is shown during a pause, so a second report of a step repeats the first.
    static bool IsHeld(Run run, LoadedRuns loaded, Signal signal) =>
        signal is Signal.Reported reported
        && loaded.Held[run.Row.EnrollmentId].Any(held => SignalJson.Read(held.Signal) is Signal.Reported kept && kept.NodeId == reported.NodeId);

    static void ApplyHeld(Run run, LoadedRuns loaded, DateTimeOffset now)
    {
        // Once, also where several signals of one transaction come one by one.
        if (run.HasAppliedHeld)
            return;

        run.HasAppliedHeld = true;
        foreach (var held in loaded.Held[run.Row.EnrollmentId])
        {
            ApplyInOrder(run, loaded, SignalJson.Read(held.Signal) with { HappenedAt = held.HeldAt }, held.HeldAt, now);
            run.AppliedSignals.Add(held.HeldSignalId);
        }
    }

    // A wait that ended before goes first, though its timer may still be on its way: a time-out wins over an event that came after it.
    static bool ApplyInOrder(Run run, LoadedRuns loaded, Signal signal, DateTimeOffset at, DateTimeOffset now)
    {
        var mayEndWait = signal is Signal.Reported or Signal.EventSeen || (signal is Signal.PersonChanged && run.AwaitsDate);
        if (mayEndWait && run.Row.WakeAt <= at)
            run.Apply(new Signal.TimerElapsed(run.Row.VisitNo), loaded.PersonOf(run), now);
        return run.Apply(signal, loaded.PersonOf(run), now);
    }

    // A report may become current by another one that is held before it, so every report is kept, but not one of a visit that is over.
    static bool Concerns(Run run, Signal signal) => signal switch
    {
        Signal.Reported reported => !(reported.VisitNo < run.Row.VisitNo),
        // An audience may ask for any event.
        // Nobody knows what it listens to.
        Signal.EventSeen when ReferenceEquals(run.Journey, CompiledJourney.Unreadable) => true,
        Signal.EventSeen seen => run.Journey.ListensTo(seen.Event.Name) || run.Journey.Needs.Audiences.Count > 0,
        Signal.PersonChanged changed => run.Journey.Goal is not null || changed.Until is not null,
        _ => true,
    };
}
