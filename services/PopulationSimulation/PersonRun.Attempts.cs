using Journeys.Engine;
using Outcome = Journeys.Protos.Simulation.V1.OutcomeShare.Types.Outcome;

namespace Journeys.PopulationSimulation;

/// <content>Moves the person through the journey and counts the results.</content>
sealed partial class PersonRun
{
    const ulong Prime = 1_099_511_628_211UL;
    const int MostAttempts = 10;
    const int MostShownADay = 5;
    const int NightEnds = 8;
    const int NightBegins = 22;

    readonly int[] nodeSeen = new int[design.Nodes.Count];
    readonly int[] edgeSeen = new int[design.Edges.Count];
    readonly DateTimeOffset?[] timedFrom = new DateTimeOffset?[design.Times.Count];
    readonly HashSet<(string Code, int Node)> found = [];

    Progress progress = new();
    DateTimeOffset endedAt;
    DateTimeOffset arrivedAt;
    (int VisitNo, DateTimeOffset? At) timer;
    int attempts;
    int mark;
    int place;
    int shown;
    int shownDay;
    int shownThatDay;
    bool hasReportToCome;
    ulong way;

    bool IsActive => attempts > 0 && !progress.IsFinal;

    void BeginAttempts()
    {
        (attempts, place, shown, shownDay, shownThatDay, way, hasReportToCome) = (0, -1, 0, -1, 0, 0, false);
        progress = new();
        found.Clear();
    }

    bool MayBegin() => attempts == 0
        || (!IsActive && design.ReEntry.MayBegin(endedAt, progress.Status == ProgressStatus.Stopped, now));

    // Returns false for a person who would leave at once by an exit rule.
    bool Enter(string? trigger, string cause, string properties = "{}")
    {
        var data = new JourneyData("{}", properties);
        if (JourneyEngine.ExitAtEntry(design.Journey, data, Known(), now) is not null)
            return false;

        if (attempts++ == 0)
            tally.Entered++;
        else
            tally.ReEntered++;
        mark++;
        way = (way ^ 1) * Prime;
        timer = default;
        place = -1;
        for (var i = 0; i < timedFrom.Length; i++)
            timedFrom[i] = design.Times[i].From < 0 ? now : null;

        progress = new() { EnteredAt = now, Data = data };
        timeline?.Began(now);
        Apply(new Signal.Entered(trigger, cause));
        Cause(model.OnEntry);
        return true;
    }

    // As in Enrollment, news moves people first and admits them second: waiting people, then triggers, then the
    // audience.
    void News(PersonEvent? happened)
    {
        var wasInside = IsActive;
        if (wasInside && (happened is null || design.Nodes[place] is WaitNode { Wait: TraitDateWait }))
            Apply(new Signal.PersonChanged());
        var before = attempts;
        if (happened is not null)
        {
            if (IsActive)
                Apply(new Signal.EventSeen(happened));
            Trigger(happened);
        }

        if (entersByDesign && design.AutoEnrolls && !wasInside && attempts == before && MayBegin() && design.Belongs(Known(), now))
            Enter(null, "audience");
    }

    void Trigger(PersonEvent happened)
    {
        if (!entersByDesign || !design.Journey.Triggers.Any(trigger => trigger.EventName == happened.Name))
            return;

        var person = Known();
        if (design.Journey.Triggers.FirstOrDefault(trigger => trigger.Matches(happened, person, now)) is not { } trigger)
            return;

        if (!design.Belongs(person, now))
            tally.Refuse("NOT_IN_AUDIENCE");
        else if (MayBegin())
            Let(trigger.NodeId, happened);
        else
            tally.Refuse(IsActive ? "ALREADY_INSIDE" : design.ReEntry.AllowsReturn(progress.Status == ProgressStatus.Stopped) ? "TOO_SOON" : "NO_RETURN");
    }

    void Let(string trigger, PersonEvent happened)
    {
        if (!Enter(trigger, $"trigger:{happened.Name}", happened.Properties.GetRawText()))
            tally.Refuse("EXIT_RULE_HOLDS");
    }

    // The engine decides; this method counts the result and queues what follows.
    bool Apply(Signal signal)
    {
        var before = progress;
        var transition = JourneyEngine.Advance(design.Journey, before, signal, Known(), now);
        if (ReferenceEquals(transition.Progress, before))
            return false;

        if (signal is Signal.Reported reported && design.Nodes[place] is ContentNode content)
            contents.Add(new(content.ContentId, reported.Outcome));
        progress = transition.Progress;
        for (var i = 0; i < transition.Visits.Count; i++)
            Arrive(transition.Visits[i], isPassed: i + 1 < transition.Visits.Count);
        timeline?.Moved(transition, now);

        if (progress.GoalAt is { } goalAt && before.GoalAt is null)
            tally.TimeToGoal.Add(Span(goalAt - progress.EnteredAt));
        if (progress.WaitingFor == WaitingFor.Parked)
            Find("CIRCLE", place);
        if (progress.IsFinal)
            End();
        else
            Wait(transition.Visits.Count > 0);
        return true;
    }

    void Arrive(Visit visit, bool isPassed)
    {
        var from = place;
        if (from >= 0)
            Leave(from, visit);

        place = design.PlaceOf(visit.NodeId);
        arrivedAt = now;
        way = (way ^ design.Prints[place]) * Prime;
        nodeVisits[place]++;
        var node = tally.Nodes[place];
        node.Arrived++;
        if (nodeSeen[place] != mark)
        {
            nodeSeen[place] = mark;
            node.Attempts++;
        }

        Measure();
        for (var i = 0; i < design.Nevers.Count; i++)
        {
            if (design.Nevers[i].Node == place && design.Nevers[i].Holds(new Facts(Known(), progress.Data, null, now)))
                tally.Nevers[i]++;
        }

        if (design.Nodes[place] is ContentNode)
            Offer(node);
        else if (isPassed && design.Nodes[place] is WaitNode wait)
            Find(wait.Wait is TraitDateWait && !JourneyEngine.NamesDate(design.Journey, visit.NodeId, Known(), now) ? "TRAIT_NOT_A_DATE" : "TIME_PASSED", place);
        Cause(model.OnNode(visit.NodeId));
    }

    void Leave(int from, Visit visit)
    {
        var since = (long)(now - input.Start).TotalMinutes;
        var node = tally.Nodes[from];
        node.Stayed.Add(Span(now - arrivedAt));
        tally.CountIn(node.Minutes, (int)since);

        var edge = design.WayOut(from, visit.Branch);
        if (edge < 0)
            return;
        way = (way ^ design.BranchPrints[edge]) * Prime;
        var taken = tally.Edges[edge];
        taken.Taken++;
        tally.CountIn(taken.Hours, (int)(since / 60));
        if (edgeSeen[edge] != mark)
        {
            edgeSeen[edge] = mark;
            taken.Attempts++;
        }
    }

    // Measures the times that assertions check: from the first visit of one node to the first visit of another after
    // it.
    void Measure()
    {
        for (var i = 0; i < timedFrom.Length; i++)
        {
            if (design.Times[i].To == place && timedFrom[i] is { } from && from > DateTimeOffset.MinValue)
            {
                tally.Times[i].Add(Span(now - from));
                timedFrom[i] = DateTimeOffset.MinValue;
            }
            else if (design.Times[i].From == place)
            {
                timedFrom[i] ??= now;
            }
        }
    }

    void Offer(NodeTally node)
    {
        var local = (now + zone.GetUtcOffset(now)).UtcDateTime;
        if (local.Hour is < NightEnds or >= NightBegins)
            node.AtNight++;

        shown++;
        var day = DateOnly.FromDateTime(local).DayNumber;
        shownThatDay = day == shownDay ? shownThatDay + 1 : 1;
        shownDay = day;
        if (shownThatDay > MostShownADay)
            Find("CROWDED", -1);
    }

    void Wait(bool hasArrived)
    {
        if (progress.WakeAt is { } wakeAt && timer != (progress.VisitNo, wakeAt))
            Push(wakeAt, new(Kind.Timer, 0, attempts, progress.VisitNo));
        timer = (progress.VisitNo, progress.WakeAt);
        if (!hasArrived)
            return;

        hasReportToCome = false;
        if (design.Nodes[place] is not ContentNode content)
            return;

        var shownAs = model.Of(content);
        var outcome = shownAs.Outcomes.Choose(someone.Luck.Draw(Luck.Stream(shownAs.OutcomeStream, nodeVisits[place])));
        hasReportToCome = outcome != Outcome.Nothing;
        var latency = shownAs.Latency.Of(someone.Luck.Draw(Luck.Stream(shownAs.LatencyStream, nodeVisits[place])));
        if (hasReportToCome && model.Sessions.After(someone.Luck, zone, now, latency, input.End) is { } at)
            Push(at, new(Kind.Report, (int)outcome, attempts, progress.VisitNo));
    }

    void End()
    {
        endedAt = now;
        CountEnding();
    }

    PersonResult Conclude()
    {
        var belongs = attempts > 0 || design.Belongs(Known(), now);
        if (belongs)
            tally.Audience++;
        if (attempts == 0 && belongs && entersByDesign)
            Find("ENTRY_NEVER", -1);
        if (attempts > MostAttempts)
            Find("CIRCLE", -1);
        if (events > MostEvents)
            Find("TOO_BUSY", -1);
        if (attempts > 0)
            tally.ShownPerPerson.Add(shown);
        if (!IsActive)
            return new(attempts == 0 ? EndingStatuses.NotEntered : $"{EndingStatuses.Of(progress).Status} {EndingStatuses.Of(progress).Name}", way);

        tally.Nodes[place].HereAtEnd++;
        CountEnding();
        if (progress.WakeAt is null && !MayStillMove())
            Find("STUCK_FOREVER", place);
        return new(EndingStatuses.Active, way);
    }

    void CountEnding()
    {
        var (status, name) = EndingStatuses.Of(progress);
        var ending = tally.Ending(status, name);
        ending.Count++;
        ending.People.Add(someone.Index);
        ending.Took.Add(Span(now - progress.EnteredAt));
    }

    // Returns whether any behavior of the model could still move a person whose wait has no end.
    bool MayStillMove()
    {
        if (hasReportToCome)
            return true;

        var endsByRule = design.Exits.Any(exit => exit.When is not null) || design.Goal is { ExitOnGoal: true };
        if (endsByRule && queue.UnorderedItems.Any(item => item.Element.What == Kind.Follow && model.Followings[item.Element.Which].Trait >= 0))
            return true;

        var awaited = design.Nodes[place] is WaitForEventNode hold ? hold.Events.Select(filter => filter.EventName) : [];
        return awaited
            .Concat(design.Exits.Select(exit => exit.On?.EventName).OfType<string>())
            .Concat(endsByRule ? design.Journey.Needs.Events : [])
            .Any(WillDo);
    }

    bool WillDo(string eventName) => queue.UnorderedItems.Any(item => item.Element.What switch
    {
        Kind.Again or Kind.Daily => model.Leads(model.Activities[item.Element.Which].EventName, eventName),
        Kind.Follow => model.Followings[item.Element.Which].Activity is >= 0 and var which && model.Leads(model.Activities[which].EventName, eventName),
        _ => false,
    });

    void Find(string code, int node)
    {
        if (found.Add((code, node)))
            tally.Find(code, node, someone.Index);
    }

    static long Span(TimeSpan span) => Math.Max(0, span.Ticks / TimeSpan.TicksPerMillisecond);
}
