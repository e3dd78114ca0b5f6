using System.Text.Json;

namespace Journeys.Engine;

/// <summary>
/// One transition in progress: moves from node to node until a node holds the person or the enrollment ends.
/// </summary>
sealed class Walk(CompiledJourney journey, Progress start, Person known, DateTimeOffset now, DateTimeOffset? happenedAt = null)
{
    const int MaxNodes = 100;
    // Maximum length of a rule that is quoted in the history.
    const int MaxRuleText = 500;
    static readonly TimeSpan ParkedFor = TimeSpan.FromMinutes(1);

    readonly Progress start = start;
    readonly List<Visit> visits = [];
    readonly List<VisitNote> notes = [];
    Person person = known;
    Progress progress = start;
    bool skipsContent;

    // Content that was skipped; content that comes a second time is shown.
    readonly HashSet<string> skipped = new(StringComparer.Ordinal);

    public Transition ToTransition() =>
        ReferenceEquals(progress, start) ? Transition.Unchanged(start) : new Transition(progress, visits) { Notes = notes };

    /// <summary>Records what content reported, also for the rules that are evaluated next.</summary>
    public void Note(ContentNode content, Signal.Reported reported)
    {
        person = person.Having(new FinishedContent(content.ContentId, reported.Outcome));
        progress = progress with
        {
            Data = progress.Data.With(reported.NodeId, reported.Data).With(reported.NodeId, "outcome", Spelling.Of(reported.Outcome)),
        };
    }

    /// <summary>Ends the enrollment where it is, on request.</summary>
    public void Stop(Signal.Stopped stopped)
    {
        if (stopped.Note.Length > 0)
            notes.Add(new VisitNote(progress.VisitNo, stopped.Note, now));
        Stop(stopped.Reason);
    }

    /// <summary>Ends the enrollment early where it is; the outcome names the exit rule that ended it.</summary>
    public void Stop(string reason, string outcome = "") => progress = progress with
    {
        Status = ProgressStatus.Stopped,
        Outcome = outcome,
        StopReason = reason,
        WaitingFor = WaitingFor.Nothing,
        WakeAt = null,
    };

    /// <summary>Continues because the time that the current node waited for has come, or came during a pause.</summary>
    public void Wake(CompiledNode here, Late late)
    {
        if (late == Late.Exit)
        {
            CheckGoal();
            if (progress.IsFinal)
                return;

            notes.Add(new VisitNote(progress.VisitNo, $"late: this ended {RuleText.Describe(progress.WakeAt!.Value)}, before the journey was resumed", now));
            Stop(JourneyEngine.LateReason);
            return;
        }

        skipsContent = late == Late.Skip;
        if (progress.WaitingFor == WaitingFor.Parked)
            Pass(here, "timer", passed: 0);
        else
            Leave(here, here.Node is WaitNode ? "" : "timeout", "timer");
    }

    /// <summary>
    /// Waits for what the current node requires. From a node that requires nothing the person continues after a minute.
    /// </summary>
    public void Settle(CompiledNode here)
    {
        if (!Holds(here.Node))
            Hold(WaitingFor.Parked, now + ParkedFor);
    }

    /// <summary>
    /// Ends the current wait later by as much of these pauses as fell into it. A local time that passed during a pause is
    /// the next one after it. Waits for dates stay as they are.
    /// </summary>
    public void Thaw(CompiledNode here, IReadOnlyList<FrozenPause> pauses)
    {
        if (progress.WakeAt is not { } until)
            return;

        var thawed = here.Node switch
        {
            ContentNode or WaitForEventNode or WaitNode { Wait: DurationWait } => FrozenPause.Extend(pauses, progress.Since, until),
            WaitNode { Wait: LocalTimeWait local } => pauses.Aggregate(
                until,
                (time, pause) => pause.From < time && progress.Since < time && time < pause.Until
                    ? Calendar.Next(local.Time, local.Weekdays, PersonsZone(), pause.Until)
                    : time),
            _ => until,
        };
        if (thawed != until)
            Hold(progress.WaitingFor, thawed);
    }

    /// <summary>
    /// Follows a changed date of a wait: the wait ends at its new time, or now when that time has passed. Without a
    /// date nothing changes.
    /// </summary>
    public void Follow(CompiledNode here, TraitDateWait wait, DateTimeOffset? until)
    {
        if (until is not { } moved || progress.WaitingFor != WaitingFor.Time || progress.WakeAt is not { } before || moved == before)
            return;

        // A change that was held during a pause counts from when it happened, because a later change may be held too.
        if (moved <= (happenedAt ?? now))
        {
            Leave(here, "", $"trait:{wait.Trait}", $"traits.{wait.Trait} moved to a date whose time had passed already");
            return;
        }

        notes.Add(new VisitNote(
            progress.VisitNo, $"traits.{wait.Trait} moved: the wait ends {RuleText.Describe(moved)} instead of {RuleText.Describe(before)}", happenedAt ?? now));
        Hold(WaitingFor.Time, moved);
    }

    /// <summary>Returns when a wait for a trait's date ends; null when the trait contains no date.</summary>
    public DateTimeOffset? WaitUntil(TraitDateWait wait)
    {
        var value = TraitOf(wait);
        if (value.ValueKind != JsonValueKind.String || Calendar.Read(value.GetString()!, PersonsZone()) is not { } date)
            return null;

        return Dates.Up(Dates.Add(date, wait.Offset));
    }

    /// <summary>Leaves a node by a branch.</summary>
    public void Leave(CompiledNode from, string branch, string cause, string detail = "")
    {
        if (from.Way(branch) is { } way)
            Arrive(way.Target, way.Branch, cause, detail);
    }

    /// <summary>
    /// Enters by a trigger and continues from there, unless an exit rule ends the enrollment at once.
    /// </summary>
    public void Begin(CompiledNode trigger, string cause)
    {
        Visit(trigger, branch: "", cause, detail: "");
        if (!LeaveEarly(seen: null))
            Pass(trigger, cause, passed: 1);
    }

    /// <summary>
    /// Ends the enrollment where it is, by the goal or else by the first exit rule that holds. Returns false when
    /// nothing ends it.
    /// </summary>
    /// <param name="seen">The event that just happened; null for none.</param>
    public bool LeaveEarly(PersonEvent? seen)
    {
        if (journey.Exits.Count == 0)
            return false;

        CheckGoal();
        if (progress.IsFinal)
            return true;

        var facts = new Facts(person, progress.Data, null, now);
        if (journey.Exits.FirstOrDefault(exit => exit.Holds(facts, seen)) is not { } left)
            return false;

        notes.Add(new VisitNote(progress.VisitNo, $"exit:{left.Rule.Name} ({RuleText.Cut(left.Reason(facts), MaxRuleText)})", happenedAt ?? now));
        if (left.Rule.Outcome.Length > 0)
            Complete(left.Rule.Outcome);
        else
            Stop(ExitRule.StopReason, left.Rule.Name);
        return true;
    }

    /// <summary>Arrives at a node and continues from there until a node holds the person.</summary>
    public void Arrive(CompiledNode node, string branch, string cause, string detail)
    {
        Visit(node, branch, cause, detail);
        Pass(node, cause, passed: 1);
    }

    /// <summary>
    /// Records the journey's goal when it is reached now, and ends the enrollment if the goal requires it.
    /// </summary>
    public void CheckGoal()
    {
        if (journey.IsGoal is not { } isGoal || progress.GoalAt is not null || progress.VisitNo == 0)
            return;
        // What happened during a pause counts at the time it happened.
        var reachedAt = happenedAt ?? now;
        if (journey.Goal!.Deadline is { } deadline
            && reachedAt > FrozenPause.Extend(progress.Pauses, progress.EnteredAt, progress.EnteredAt + deadline))
        {
            return;
        }

        if (!isGoal(new Facts(person, progress.Data, null, now)))
            return;

        progress = progress with { GoalAt = reachedAt };
        if (journey.Goal.ExitOnGoal && !progress.IsFinal)
            Complete(JourneyEngine.GoalOutcome);
    }

    void Pass(CompiledNode node, string cause, int passed)
    {
        while (!Holds(node.Node))
        {
            if (passed++ >= MaxNodes)
            {
                Hold(WaitingFor.Parked, now + ParkedFor);
                return;
            }

            var (branch, detail) = Decide(node);
            // The check of the goal may have ended the enrollment.
            if (progress.IsFinal || node.Way(branch) is not { } way)
                return;

            if (node.Node is ContentNode)
                cause = "late";
            node = way.Target;
            Visit(node, way.Branch, cause, detail);
        }
    }

    // Returns whether the node holds the person or ends the enrollment; sets what the enrollment waits for.
    bool Holds(Node node)
    {
        switch (node)
        {
            case ContentNode when skipsContent && skipped.Add(node.Id):
                return false;
            case ContentNode content:
                Hold(WaitingFor.Report, content.ExpireAfter is { } expireAfter ? now + expireAfter : null);
                return true;
            case WaitForEventNode hold:
                Hold(WaitingFor.Event, hold.Timeout is { } timeout ? now + timeout : null);
                return true;
            case WaitNode wait when WaitUntil(wait.Wait) is { } until && until > now:
                Hold(WaitingFor.Time, until);
                return true;
            case ExitNode exit:
                Complete(exit.Outcome);
                return true;
            case TriggerNode or WaitNode or ConditionNode or SplitNode or GoalCheckNode:
                return false;
            default:
                throw node.NotNamed();
        }
    }

    (string Branch, string Detail) Decide(CompiledNode node)
    {
        switch (node.Node)
        {
            case ContentNode:
                return ("skipped", "the content before was skipped, because a wait had ended before the journey was resumed");
            case ConditionNode condition:
                for (var i = 0; i < node.Rules.Length; i++)
                {
                    if (node.Rules[i](new Facts(person, progress.Data, null, now)))
                        return (condition.Branches[i].Name, RuleText.Cut(RuleText.Describe(condition.Branches[i].Rule), MaxRuleText));
                }

                return ("else", "no rule matched");
            case SplitNode split:
                var slot = SplitHash.Slot(journey.JourneyId, split.Id, person.FirstId);
                var variant = SplitHash.Choose(split.Variants, slot).Name;
                progress = progress with { Data = progress.Data.With(split.Id, "variant", variant) };
                return (variant, $"slot {slot} of {SplitHash.Slots}");
            case GoalCheckNode:
                var reached = node.Rules.Length > 0
                    ? node.Rules[0](new Facts(person, progress.Data, null, now))
                    : JourneyGoalReached();
                return reached ? ("success", "the goal is reached") : ("fallback", "the goal is not reached");
            case WaitNode { Wait: TraitDateWait wait } when WaitUntil(wait) is null:
                return ("", $"{RuleText.NoDate(wait.Trait, TraitOf(wait))}, so there was no time to wait for");
            case WaitNode:
                return ("", "the time had passed already");
            case TriggerNode:
                return ("", "");
            default:
                throw node.Node.NotNamed();
        }
    }

    bool JourneyGoalReached()
    {
        CheckGoal();
        return progress.GoalAt is not null;
    }

    DateTimeOffset? WaitUntil(Wait wait)
    {
        switch (wait)
        {
            case DurationWait duration:
                return now + duration.Duration;
            case DateWait date:
                return date.Date;
            case LocalTimeWait local:
                return Calendar.Next(local.Time, local.Weekdays, PersonsZone(), now);
            case TraitDateWait trait:
                return WaitUntil(trait);
            default:
                return null;
        }
    }

    JsonElement TraitOf(TraitDateWait wait) => FieldPath.Parse($"traits.{wait.Trait}")?.Read(new Facts(person, null, null, now)) ?? default;

    Zone PersonsZone() => Calendar.Zone(person.TimeZone, journey.TimeZone);

    void Visit(CompiledNode node, string branch, string cause, string detail)
    {
        progress = progress with { NodeId = node.Node.Id, VisitNo = progress.VisitNo + 1, Since = now };
        visits.Add(new Visit(progress.VisitNo, node.Node.Id, branch, cause, detail, now));
    }

    void Hold(WaitingFor waitingFor, DateTimeOffset? until) =>
        progress = progress with { WaitingFor = waitingFor, WakeAt = until is { } time ? Dates.Up(time) : null };

    void Complete(string outcome) => progress = progress with
    {
        Status = ProgressStatus.Completed,
        Outcome = outcome,
        WaitingFor = WaitingFor.Nothing,
        WakeAt = null,
    };
}
