using System.Text.Json;
using Journeys.Engine;
using Journeys.Enrollments.Journeys;
using Journeys.Protos;

namespace Journeys.Enrollments.Enrollments;

/// <summary>One enrollment during a transaction: its loaded state, its present state, and the rows to write.</summary>
public sealed partial class Enrollment
{
    // A larger difference is not clock skew: the wait was extended, or a timer was sent that was not due.
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

    // Stands for the person of an enrollment that is set aside, or that is stopped, archived or merged without
    // evaluating a rule.
    static readonly Person Unread = new() { UserId = "", FirstId = "" };

    /// <summary>Creates an enrollment from a locked row.</summary>
    /// <param name="loaded">The row.</param>
    /// <param name="journey">The version that it runs.</param>
    /// <param name="person">The facts about the person; null if no rule is evaluated.</param>
    /// <param name="held">The signals held for it, in order.</param>
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
        // Without the person nothing moves it.
        if (person is not null)
            Thaw();
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

    /// <summary>The row as it was loaded; null for a new enrollment.</summary>
    public EnrollmentRow? Loaded { get; }

    /// <summary>The row in its present state.</summary>
    public EnrollmentRow Row { get; private set; }

    /// <summary>
    /// The row as last written together with its visits, counts and messages; null for a new enrollment before that.
    /// </summary>
    public EnrollmentRow? Saved { get; private set; }

    /// <summary>
    /// The row as the table has it. The row of a new enrollment is inserted before its visits, counts and messages.
    /// </summary>
    public EnrollmentRow? Stored { get; private set; }

    /// <summary>The previous attempt, which is no longer the latest.</summary>
    public EnrollmentRow? Replaces { get; }

    /// <summary>The visits to write.</summary>
    public IReadOnlyList<VisitRow> Visits => visits;

    /// <summary>The finished content to write.</summary>
    public IEnumerable<ContentRow> Contents => contents.Skip(savedContents);

    /// <summary>The notes to add to visits.</summary>
    public IReadOnlyList<VisitNote> Notes => notes;

    /// <summary>Whether the enrollment began in this transaction.</summary>
    public bool IsNew => Loaded is null;

    /// <summary>Whether its visits, counts and messages have not been written yet.</summary>
    public bool IsUnsaved => Saved is null;

    /// <summary>Whether the row differs from the one in the table.</summary>
    public bool NeedsUpdate => !ReferenceEquals(Row, Stored);

    /// <summary>Whether nothing is to be written.</summary>
    public bool IsUntouched =>
        !NeedsUpdate && refusedBy is null && visits.Count == 0 && contents.Count == 0 && notes.Count == 0
        && signalsToHold.Count == 0 && appliedSignals.Count == 0;

    /// <summary>Whether the row differs from the one that was loaded.</summary>
    public bool HasChanged => !ReferenceEquals(Row, Loaded);

    public bool IsActive => Row.Status == EnrollmentStatuses.Active;

    /// <summary>The version that it runs.</summary>
    public CompiledJourney Journey => journey;

    /// <summary>The timers to set and to cancel.</summary>
    /// <remarks>
    /// A timer that arrived too early was sent by a clock that is ahead of this one. The new timer is set later by the
    /// difference, because otherwise it would arrive too early again.
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

    /// <summary>Whether the enrollment got this status since it was last saved.</summary>
    public bool HasEnded(string status) => Row.Status == status && Saved?.Status != status;

    /// <summary>Whether it has continued since it was last saved.</summary>
    public bool HasContinued => Row.Continued > Saved?.Continued;

    /// <summary>Begins an enrollment: the person enters and moves on until a node holds them.</summary>
    public static Enrollment Begin(
        LiveJourney journey, EnrollPeople.Entry entry, EnrollmentRow seed, EnrollmentRow? replaces, Person person, DateTimeOffset now)
    {
        var enrollment = new Enrollment(seed, journey.Compiled, replaces, person);
        enrollment.Apply(new Signal.Entered(entry.TriggerNodeId, entry.Cause), now);
        return enrollment;
    }

    /// <summary>Records that the row was inserted.</summary>
    public void NoteInserted() => Stored = Row;

    /// <summary>Whether messages were written that the relay has to publish.</summary>
    public bool HasMessages { get; private set; }

    /// <summary>Records that everything was written.</summary>
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

    /// <summary>Lets the engine apply a signal. Returns false when nothing changed.</summary>
    /// <param name="signal">The signal.</param>
    /// <param name="now">The present time.</param>
    /// <param name="knownNow">The facts about the person, if more is known than when the enrollment was loaded.</param>
    public bool Apply(Signal signal, DateTimeOffset now, Person? knownNow = null)
    {
        // History stays in order even if the clock was set back.
        if (now < progress.Since)
            now = progress.Since;
        // A parked enrollment did not wait for anything, so it is never late.
        if (signal is Signal.TimerElapsed timer && Row.Late is { } late && progress.WakeAt < Row.LateBefore && progress.WaitingFor != WaitingFor.Parked)
            signal = timer with { Late = EnumText.Parse<Late>(late) };
        // Uses the first id of the person, so that a split chooses the same variant after stitching, and adds content
        // that was finished in this transaction.
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

        // A report of an earlier visit can change the progress too, because the goal may be reached at the same time.
        // Its content is not counted.
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

    /// <summary>
    /// Whether it waits for the date of a trait. True for every enrollment that is set aside, because that is unknown
    /// there.
    /// </summary>
    public bool AwaitsDate => IsActive && (Row.IsSetAside || journey.Find(Row.NodeId) is WaitNode { Wait: TraitDateWait });

    /// <summary>
    /// Returns when the present wait for a trait's date ends by the present value of the trait; null when it waits for
    /// something else.
    /// </summary>
    DateTimeOffset? DateAwaited(DateTimeOffset now) => JourneyEngine.DateAwaited(journey, progress, person, now);

    /// <summary>
    /// Archives the enrollment because its journey was archived or because it was merged into another enrollment.
    /// </summary>
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

    /// <summary>Continues a stopped enrollment where it was, as if the stop had not happened.</summary>
    /// <param name="before">What it waited for.</param>
    /// <param name="note">The note for the history.</param>
    /// <param name="now">The present time.</param>
    public void Continue(StoppedRow before, string note, DateTimeOffset now)
    {
        var stoppedAt = Row.EndedAt ?? now;
        // Of a version that cannot be read it is not known whether it waits for a date: asked once it can be.
        if (before.WakeAt is not null && journey.Find(Row.NodeId) is null)
            signalsToHold.Add(HeldRow.Of(Row, new Signal.PersonChanged(), stoppedAt));
        // The Scheduler may have recorded that the timer was cancelled, and takes only a later request.
        if (now <= Row.UpdatedAt)
            now = Row.UpdatedAt.AddMicroseconds(1);
        Row = Row with
        {
            Status = EnrollmentStatuses.Active,
            StopReason = "",
            WaitingFor = before.WaitingFor,
            WakeAt = before.WakeAt,
            EndedAt = null,
            UpdatedAt = now,
            Continued = Row.Continued + 1,
        };
        progress = ToProgress(Row);
        // Nobody told it of a date that moved since. A wait that had ended before the stop stays ended.
        if (before.WakeAt > stoppedAt && DateAwaited(now) is { } moved && moved != Row.WakeAt)
        {
            progress = progress with { WakeAt = moved };
            Row = Row with { WakeAt = moved };
        }

        notes.Add(new VisitNote(Row.VisitNo, note, now));
    }

    /// <summary>Sets the number of the attempt, after a merge with another profile that has attempts too.</summary>
    public void Renumber(int attempt) => Row = Row with { Attempt = attempt };

    /// <summary>
    /// Moves the enrollment to its last visit. The history is ahead of the row if the visit was stored and counted, but
    /// the state was not.
    /// </summary>
    public void CatchUpWith(VisitRow last)
    {
        var there = progress with { NodeId = last.NodeId, VisitNo = last.VisitNo, Since = last.EnteredAt };
        progress = JourneyEngine.Settle(journey, there, person.CameAs(Row.FirstId));
        Row = ToRow(Row, progress, Row.StepsDone, last.EnteredAt) with { ThawedAt = null };
        Saved = Row;
        Thaw();
        // Requests the timer again, because the first one may have arrived and failed.
        refusedBy = TimeSpan.Zero;
    }

    // Makes the wait longer by the pauses that are not in it yet. Every load does it, so that no signal finds a wait
    // that ends too early, whether the job of the resume has come to this enrollment or not.
    void Thaw()
    {
        // Of a version that cannot be read it is not known what the wait is, so the pauses stay not included.
        if (!IsActive || Row.WakeAt is null || Row.Pauses.Length == 0 || journey.Find(Row.NodeId) is null)
            return;

        var notIncluded = Row.Pauses.Chunk(3)
            .Where(pause => (Row.ThawedAt is null || pause[0] > Row.ThawedAt) && pause[2] > Row.WaitingSince)
            .ToList();
        if (notIncluded.Count == 0)
            return;

        // After a restore of Definition the same pause may come again with another end: what is included counts once.
        var included = Row.Pauses.Chunk(3).Where(pause => pause[0] <= Row.ThawedAt).ToList();
        foreach (var pause in notIncluded)
            pause[1] = included.Where(known => known[1] <= pause[1] && pause[1] < known[2]).Select(known => known[2]).Append(pause[1]).Max();

        progress = JourneyEngine.Thaw(journey, progress, ToPauses(notIncluded), person.CameAs(Row.FirstId));
        Row = Row with { WakeAt = progress.WakeAt, ThawedAt = notIncluded.Max(pause => pause[0]) };
    }

    static IReadOnlyList<FrozenPause> ToPauses(IEnumerable<DateTime[]> rows) =>
        [.. rows.Select(pause => new FrozenPause(pause[1], pause[2]))];

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
        Pauses = row.Pauses.Length == 0 ? [] : ToPauses(row.Pauses.Chunk(3)),
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
