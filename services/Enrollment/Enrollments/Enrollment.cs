using System.Text.Json;
using Journeys.Engine;
using Journeys.Enrollments.Journeys;
using Journeys.Protos;

namespace Journeys.Enrollments.Enrollments;

/// <summary>One enrollment in hand during a transaction: as it was loaded, as it is now, and what has to be written.</summary>
public sealed partial class Enrollment
{
    // A larger difference is not one of clocks: the wait was extended, or somebody sent a timer that was not due.
    static readonly TimeSpan MostClocksDiffer = TimeSpan.FromMilliseconds(500);

    readonly CompiledJourney journey;
    readonly Person person;
    readonly IReadOnlyList<HeldRow> held;
    readonly List<VisitRow> visits = [];
    readonly List<ContentRow> contents = [];
    readonly List<VisitNote> notes = [];
    Progress progress;
    int savedContents;
    TimeSpan? refusedBy;

    // Of one that is set aside, or that is stopped, archived or merged without asking a rule.
    static readonly Person Unread = new() { UserId = "", FirstId = "" };

    /// <summary>Takes a locked row in hand.</summary>
    /// <param name="loaded">The row.</param>
    /// <param name="journey">The version it walks.</param>
    /// <param name="person">What is known of the person; null where no rule will be asked.</param>
    /// <param name="held">What is held for it, in order.</param>
    public Enrollment(EnrollmentRow loaded, CompiledJourney journey, Person? person = null, IEnumerable<HeldRow>? held = null)
    {
        this.journey = journey;
        this.person = person ?? Unread;
        this.held = [.. held ?? []];
        Loaded = loaded;
        Saved = loaded;
        Stored = loaded;
        Row = loaded;
        progress = ToProgress(loaded);
    }

    Enrollment(EnrollmentRow seed, CompiledJourney journey, EnrollmentRow? replaces, Person person)
    {
        this.journey = journey;
        this.person = person;
        held = [];
        Row = seed;
        Replaces = replaces;
        progress = new Progress { EnteredAt = seed.EnteredAt, Data = new JourneyData(seed.Data, seed.Entry) };
    }

    /// <summary>The row as it was; null for a new enrollment.</summary>
    public EnrollmentRow? Loaded { get; }

    /// <summary>The row as it is now.</summary>
    public EnrollmentRow Row { get; private set; }

    /// <summary>The row as it was last written with everything that follows from it: visits, counts, messages. Null for a new enrollment before that.</summary>
    public EnrollmentRow? Saved { get; private set; }

    /// <summary>The row as it is in the table. A new enrollment's is there before what follows from it is.</summary>
    public EnrollmentRow? Stored { get; private set; }

    /// <summary>The attempt before, which is no longer the newest.</summary>
    public EnrollmentRow? Replaces { get; }

    /// <summary>Arrivals to be written.</summary>
    public IReadOnlyList<VisitRow> Visits => visits;

    /// <summary>Finished content to be written.</summary>
    public IEnumerable<ContentRow> Contents => contents.Skip(savedContents);

    /// <summary>The notes to add to visits.</summary>
    public IReadOnlyList<VisitNote> Notes => notes;

    /// <summary>Whether it began in this transaction.</summary>
    public bool IsNew => Loaded is null;

    /// <summary>Whether nothing that follows from it has been written yet.</summary>
    public bool IsUnsaved => Saved is null;

    /// <summary>Whether the table has another state than this one.</summary>
    public bool NeedsUpdate => !ReferenceEquals(Row, Stored);

    /// <summary>Whether anything is different from what was loaded.</summary>
    public bool HasChanged => !ReferenceEquals(Row, Loaded);

    /// <summary>Whether it is under way.</summary>
    public bool IsActive => Row.Status == EnrollmentStatuses.Active;

    /// <summary>The version it walks.</summary>
    public CompiledJourney Journey => journey;

    /// <summary>The timers to set and to cancel.</summary>
    /// <remarks>
    /// A timer that came too early was sent by a clock that is ahead of this one. Asked for the same time, it would come too early again and again.
    /// </remarks>
    public TimerChange Timers
    {
        get
        {
            var change = TimerChange.Between(WakeupOf(Saved), WakeupOf(Row), Row.UpdatedAt);
            return refusedBy is { } ahead && Row.WakeAt is { } wakeAt ? change with { Start = new(Row.VisitNo, wakeAt + ahead) } : change;
        }
    }

    static Wakeup WakeupOf(EnrollmentRow? row) => row is null ? default : new(row.VisitNo, row.WakeAt);

    /// <summary>Whether it has got this status since it was saved.</summary>
    public bool HasEnded(string status) => Row.Status == status && Saved?.Status != status;

    /// <summary>Begins an enrollment: the person enters and goes on as far as nothing holds them.</summary>
    public static Enrollment Begin(
        LiveJourney journey, EnrollPeople.Entry entry, EnrollmentRow seed, EnrollmentRow? replaces, Person person, DateTimeOffset now)
    {
        var enrollment = new Enrollment(seed, journey.Compiled, replaces, person);
        enrollment.Apply(new Signal.Entered(entry.TriggerNodeId, entry.Cause), now);
        return enrollment;
    }

    /// <summary>The table has the row now.</summary>
    public void NoteInserted() => Stored = Row;

    /// <summary>Whether messages were written that the relay has to see to.</summary>
    public bool HasMessages { get; private set; }

    /// <summary>Everything is written.</summary>
    public void NoteSaved()
    {
        HasMessages |= EnrollmentMessages.Concern(this);
        Saved = Stored = Row;
        savedContents = contents.Count;
        refusedBy = null;
        visits.Clear();
        notes.Clear();
        appliedSignals.Clear();
        signalsToHold.Clear();
    }

    /// <summary>Has the engine decide what a signal does. False when it changes nothing.</summary>
    /// <param name="signal">The signal.</param>
    /// <param name="now">What time it is.</param>
    /// <param name="knownNow">What is known of the person, if that is more than when the enrollment was taken in hand.</param>
    public bool Apply(Signal signal, DateTimeOffset now, Person? knownNow = null)
    {
        // A clock that was set back must not make history run backwards.
        if (now < progress.Since)
            now = progress.Since;
        // Whoever was parked did not wait for anything.
        if (signal is Signal.TimerElapsed timer && Row.Late is { } late && progress.WakeAt < Row.LateBefore && progress.WaitingFor != WaitingFor.Parked)
            signal = timer with { Late = EnumText.Parse<Late>(late) };
        // The person may have another name by now; a split must not notice. What was finished just now is not in the database yet.
        var known = contents.Aggregate(
            (knownNow ?? person).CameAs(Row.FirstId), (known, content) => known.Having(new(content.ContentId, EnumText.Parse<ContentOutcome>(content.Outcome))));
        var transition = JourneyEngine.Advance(journey, progress, signal, known, now);
        if (ReferenceEquals(transition.Progress, progress))
        {
            if (transition.WasTooEarly)
                refusedBy = progress.WakeAt - now is { } ahead && ahead <= MostClocksDiffer ? ahead : TimeSpan.Zero;
            return false;
        }

        refusedBy = null;

        // A report of another visit may come just as time, or a trait, lets the goal be reached.
        if (signal is Signal.Reported reported && reported.IsAbout(progress) && journey.Find(reported.NodeId) is ContentNode content)
            contents.Add(new ContentRow(progress.VisitNo, content.Id, content.ContentId, reported.Outcome.Text(), AnswersOf(reported), now));
        visits.AddRange(transition.Visits.Select(visit => new VisitRow
        {
            EnrollmentId = Row.EnrollmentId,
            VisitNo = visit.VisitNo,
            NodeId = visit.NodeId,
            Branch = visit.Branch,
            Cause = visit.Cause,
            Detail = visit.Detail,
            EnteredAt = visit.At,
        }));
        notes.AddRange(transition.Notes);
        progress = transition.Progress;
        Row = ToRow(Row, progress, contents.Count + (Loaded?.StepsDone ?? 0), now);
        return true;
    }

    static string AnswersOf(Signal.Reported reported) =>
        reported.Data.ValueKind == JsonValueKind.Object && reported.Data.EnumerateObject().Any() ? reported.Data.GetRawText() : "";

    /// <summary>Whether it waits for the date of a trait. One that is set aside may.</summary>
    public bool AwaitsDate => IsActive && (Row.IsSetAside || journey.Find(Row.NodeId) is WaitNode { Wait: TraitDateWait });

    /// <summary>When the present wait for a trait's date would end by what the trait says now; null when it waits for something else.</summary>
    DateTimeOffset? DateAwaited(DateTimeOffset now) => JourneyEngine.DateAwaited(journey, progress, person, now);

    /// <summary>Ends it because its journey was archived or because it was merged into another.</summary>
    public void Archive(string reason, Guid? mergedIntoId, DateTimeOffset now) => Row = Row with
    {
        Status = EnrollmentStatuses.Archived,
        StopReason = reason,
        MergedIntoId = mergedIntoId,
        WaitingFor = WaitingFor.Nothing.Text(),
        WakeAt = null,
        EndedAt = Row.EndedAt ?? now,
        UpdatedAt = now,
    };

    /// <summary>It is the person's attempt of this number, now that another one's attempts count too.</summary>
    public void Renumber(int attempt) => Row = Row with { Attempt = attempt };

    /// <summary>Puts it where its history ends, which says more than the row: the visit was stored and counted, and the state was not.</summary>
    public void CatchUpWith(VisitRow last)
    {
        var there = progress with { NodeId = last.NodeId, VisitNo = last.VisitNo, Since = last.EnteredAt };
        progress = JourneyEngine.Settle(journey, there, person.CameAs(Row.FirstId));
        Row = ToRow(Row, progress, Row.StepsDone, last.EnteredAt);
        Saved = Row;
        // The one that was asked for may have come and failed.
        refusedBy = TimeSpan.Zero;
    }

    static Progress ToProgress(EnrollmentRow row) => new()
    {
        NodeId = row.NodeId,
        VisitNo = row.VisitNo,
        WaitingFor = EnumText.Parse<WaitingFor>(row.WaitingFor),
        Since = row.WaitingSince,
        WakeAt = row.WakeAt,
        Status = row.Status switch { EnrollmentStatuses.Active => ProgressStatus.Active, EnrollmentStatuses.Completed => ProgressStatus.Completed, _ => ProgressStatus.Stopped },
        Outcome = row.Outcome,
        StopReason = row.StopReason,
        EnteredAt = row.EnteredAt,
        GoalAt = row.GoalAt,
        Data = new JourneyData(row.Data, row.Entry),
    };

    static EnrollmentRow ToRow(EnrollmentRow row, Progress progress, int stepsDone, DateTimeOffset now) => row with
    {
        NodeId = progress.NodeId,
        VisitNo = progress.VisitNo,
        WaitingFor = progress.WaitingFor.Text(),
        WaitingSince = progress.Since,
        WakeAt = progress.WakeAt,
        Status = progress.Status.Text(),
        Outcome = progress.Outcome,
        StopReason = progress.StopReason,
        GoalAt = progress.GoalAt,
        Data = progress.Data.Json,
        StepsDone = stepsDone,
        UpdatedAt = now,
        EndedAt = progress.IsFinal ? row.EndedAt ?? now : null,
    };
}
