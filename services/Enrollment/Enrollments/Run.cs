using Journeys.Engine;
using Journeys.Enrollments.Journeys;

namespace Journeys.Enrollments;

/// <summary>How content was finished at one visit.</summary>
public sealed record ContentRow(int VisitNo, string ContentId, string Outcome, DateTimeOffset OccurredAt);

/// <summary>One enrollment in hand during a transaction: as it was loaded, as it is now, and what has to be written.</summary>
public sealed class Run
{
    readonly CompiledJourney journey;
    readonly List<VisitRow> visits = [];
    readonly List<ContentRow> contents = [];
    readonly List<VisitNote> notes = [];
    Progress progress;
    bool isTimerEarly;

    /// <summary>Takes a locked row in hand.</summary>
    public Run(EnrollmentRow loaded, CompiledJourney journey)
    {
        this.journey = journey;
        Loaded = loaded;
        Row = loaded;
        progress = ToProgress(loaded);
    }

    Run(EnrollmentRow seed, CompiledJourney journey, EnrollmentRow? replaces)
    {
        this.journey = journey;
        Row = seed;
        Replaces = replaces;
        progress = new Progress { EnteredAt = seed.EnteredAt };
    }

    /// <summary>The row as it was; null for a new run.</summary>
    public EnrollmentRow? Loaded { get; }

    /// <summary>The row as it is now.</summary>
    public EnrollmentRow Row { get; private set; }

    /// <summary>The attempt before, which is the newest no more.</summary>
    public EnrollmentRow? Replaces { get; }

    /// <summary>Arrivals to be written.</summary>
    public IReadOnlyList<VisitRow> Visits => visits;

    /// <summary>Finished content to be written.</summary>
    public IReadOnlyList<ContentRow> Contents => contents;

    /// <summary>What is to be told of visits beside arrivals.</summary>
    public IReadOnlyList<VisitNote> Notes => notes;

    /// <summary>Held signals that were applied and go.</summary>
    public List<long> AppliedSignals { get; } = [];

    /// <summary>Whether it began in this transaction.</summary>
    public bool IsNew => Loaded is null;

    /// <summary>Whether anything is different from what was loaded.</summary>
    public bool HasChanged => !ReferenceEquals(Row, Loaded);

    /// <summary>Whether it is under way.</summary>
    public bool IsActive => Row.Status == "ACTIVE";

    /// <summary>The version it walks.</summary>
    public CompiledJourney Journey => journey;

    /// <summary>Whether a timer must be set for the present visit.</summary>
    public bool WantsTimer => Row.WakeAt is not null && (isTimerEarly || Loaded is null || Loaded.VisitNo != Row.VisitNo || Loaded.WakeAt != Row.WakeAt);

    /// <summary>Whether the timer of the visit it was loaded at is of no use any more. One that is due is on its way already.</summary>
    public bool DropsTimer => Loaded?.WakeAt is { } wakeAt && wakeAt > Row.UpdatedAt && (Row.WakeAt is null || Loaded.VisitNo != Row.VisitNo);

    /// <summary>Whether it came to have this status in this transaction.</summary>
    public bool HasEnded(string status) => Row.Status == status && Loaded?.Status != status;

    /// <summary>Begins a run: the person enters and goes on as far as nothing holds them.</summary>
    public static Run Begin(
        LiveJourney journey, EnrollPeople.Entry entry, EnrollmentRow seed, EnrollmentRow? replaces, Person person, DateTimeOffset now)
    {
        var run = new Run(seed, journey.Compiled, replaces);
        run.Apply(new Signal.Entered(entry.TriggerNodeId, entry.Cause), person, now);
        return run;
    }

    /// <summary>Has the engine decide what a signal does. False when it changes nothing.</summary>
    public bool Apply(Signal signal, Person person, DateTimeOffset now)
    {
        // The person may have another name by now; a split must not notice. What was finished just now is not in the database yet.
        var known = contents.Aggregate(
            person.CameAs(Row.FirstId), (known, content) => known.Having(new(content.ContentId, Enum.Parse<ContentOutcome>(content.Outcome, ignoreCase: true))));
        var transition = JourneyEngine.Advance(journey, progress, signal, known, now);
        if (ReferenceEquals(transition.Progress, progress))
        {
            // It is gone from the Scheduler, so it is asked for again.
            isTimerEarly |= signal is Signal.TimerElapsed { VisitNo: var visitNo } && visitNo == progress.VisitNo && now < progress.WakeAt;
            return false;
        }

        if (signal is Signal.Reported reported && journey.Find(reported.NodeId) is ContentNode content)
            contents.Add(new ContentRow(progress.VisitNo, content.ContentId, reported.Outcome.ToString().ToUpperInvariant(), now));
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

    /// <summary>Whether it waits for the date of a trait.</summary>
    public bool AwaitsDate => IsActive && journey.Find(Row.NodeId) is WaitNode { Wait: TraitDateWait };

    /// <summary>When the present wait for a trait's date would end by what the trait says now; null when it is no such wait.</summary>
    public DateTimeOffset? DateAwaited(Person person, DateTimeOffset now) => JourneyEngine.DateAwaited(journey, progress, person, now);

    /// <summary>Ends it because its journey was archived or because it was merged into another.</summary>
    public void Archive(string reason, Guid? mergedIntoId, DateTimeOffset now) => Row = Row with
    {
        Status = "ARCHIVED",
        StopReason = reason,
        MergedIntoId = mergedIntoId,
        WaitingFor = "NOTHING",
        WakeAt = null,
        EndedAt = Row.EndedAt ?? now,
        UpdatedAt = now,
    };

    /// <summary>It is the person's attempt of this number, now that another one's attempts count too.</summary>
    public void Renumber(int attempt) => Row = Row with { Attempt = attempt };

    /// <summary>It belongs to another profile from now on.</summary>
    public void MoveTo(Guid profileId, string userId) => Row = Row with { ProfileId = profileId, UserId = userId };

    /// <summary>Adds what changed to the counts of its journey.</summary>
    public void CountInto(Statistics statistics)
    {
        var wasActive = Loaded?.Status == "ACTIVE";
        var (nodeId, since) = (Loaded?.NodeId ?? "", Loaded?.WaitingSince ?? Row.EnteredAt);
        foreach (var visit in visits)
        {
            statistics.Move(Row, nodeId, visit.Branch, visit.NodeId, visit.EnteredAt - since);
            (nodeId, since) = (visit.NodeId, visit.EnteredAt);
        }

        if (Row.Status != Loaded?.Status)
            statistics.ChangeStatus(Row, Loaded?.Status ?? "", Row.Status);
        if (!IsActive && (IsNew || wasActive))
            statistics.End(Row, nodeId);
        if (HasEnded("COMPLETED"))
            statistics.Complete(Row, Row.Outcome, Row.EndedAt!.Value);
        if (Loaded is { Status: "COMPLETED" } && Row.Status != "COMPLETED")
            statistics.Uncomplete(Row, Loaded.Outcome, Loaded.EndedAt!.Value);
        if (Row.GoalAt is { } goalAt && Loaded?.GoalAt is null)
            statistics.ReachGoal(Row, goalAt);
    }

    static Progress ToProgress(EnrollmentRow row) => new()
    {
        NodeId = row.NodeId,
        VisitNo = row.VisitNo,
        WaitingFor = Enum.Parse<WaitingFor>(row.WaitingFor, ignoreCase: true),
        Since = row.WaitingSince,
        WakeAt = row.WakeAt,
        Status = row.Status switch { "ACTIVE" => RunStatus.Active, "COMPLETED" => RunStatus.Completed, _ => RunStatus.Stopped },
        Outcome = row.Outcome,
        StopReason = row.StopReason,
        EnteredAt = row.EnteredAt,
        GoalAt = row.GoalAt,
        Data = new JourneyData(row.Data),
    };

    static EnrollmentRow ToRow(EnrollmentRow row, Progress progress, int stepsDone, DateTimeOffset now) => row with
    {
        NodeId = progress.NodeId,
        VisitNo = progress.VisitNo,
        WaitingFor = progress.WaitingFor.ToString().ToUpperInvariant(),
        WaitingSince = progress.Since,
        WakeAt = progress.WakeAt,
        Status = progress.Status.ToString().ToUpperInvariant(),
        Outcome = progress.Outcome,
        StopReason = progress.StopReason,
        GoalAt = progress.GoalAt,
        Data = progress.Data.Json,
        StepsDone = stepsDone,
        UpdatedAt = now,
        EndedAt = progress.IsFinal ? row.EndedAt ?? now : null,
    };
}
