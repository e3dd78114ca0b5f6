using CsCheck;

namespace Journeys.Engine.Tests;

/// <summary>What holds for every valid graph and every order of signals.</summary>
public sealed class EngineProperties
{
    static readonly Node[] EveryMiddle =
    [
        new ContentNode("", "FLOW", "c", ExpireAfter: TimeSpan.FromDays(1)),
        new ContentNode("", "SURVEY", "s"),
        new WaitNode("", new DurationWait(TimeSpan.FromHours(1))),
        new WaitNode("", new DateWait(Make.Noon.AddHours(20))),
        new WaitNode("", new LocalTimeWait(new TimeOnly(9, 0), [DayOfWeek.Monday, DayOfWeek.Saturday])),
        new WaitNode("", new TraitDateWait("ends", TimeSpan.FromDays(-1))),
        new WaitForEventNode("", [new EventFilter("go")], TimeSpan.FromDays(2)),
        new WaitForEventNode("", [new EventFilter("other"), new EventFilter("go", new ConditionRule("properties.x", Operator.NotExists))]),
        new ConditionNode("", [new("yes", new ConditionRule("traits.x", Operator.Exists)), new("done", new ContentRule("s"))]),
        new SplitNode("", [new("a", 30), new("b", 70)]),
        new GoalCheckNode("", new EventRule("go")),
        new GoalCheckNode(""),
    ];

    static readonly Gen<Node> Middles = Gen.OneOf(EveryMiddle);

    // Each way out leads to a later node, so a run ends within as many signals as there are nodes; only who dismisses content goes anywhere.
    static readonly Gen<JourneyGraph> Graphs =
        from middles in Middles.Array[1, 12]
        from jumps in Gen.Int[0, 1_000].Array[middles.Length * 4]
        select Build(middles, jumps);

    static readonly Gen<Goal> Goals =
        from rule in Gen.OneOf<Rule>(new EventRule("go"), new ConditionRule("traits.x", Operator.Exists), new ContentRule("s"), new ConditionRule("journey.n1.outcome", Operator.Exists))
        from days in Gen.Int[0, 30]
        from exits in Gen.Bool
        select new Goal(rule, days == 0 ? null : TimeSpan.FromDays(days), exits);

    static readonly Gen<Person> People =
        from traits in Gen.OneOf("{}", """{"x": 1}""", """{"ends": "2026-01-06"}""", """{"ends": "soon", "x": null}""")
        from hasGone in Gen.Bool
        select Make.Person(traits, events: hasGone ? [new PersonEvent("go", Make.Noon)] : []);

    static readonly Gen<Signal> Signals = Gen.OneOf(
        Gen.Int[1, 40].Select(visitNo => (Signal)new Signal.TimerElapsed(visitNo)),
        Gen.Select(Gen.Int[0, 13], Gen.Enum<ContentOutcome>(), (n, outcome) => (Signal)new Signal.Reported($"n{n}", outcome)),
        Gen.Select(Gen.Int[0, 13], Gen.Int[1, 40], (n, visitNo) => (Signal)new Signal.Reported($"n{n}", ContentOutcome.Dismissed, VisitNo: visitNo)),
        Gen.OneOf("go", "other", "nothing").Select(name => (Signal)new Signal.EventSeen(new PersonEvent(name, Make.Noon))),
        Gen.Const((Signal)new Signal.PersonChanged()),
        Gen.Const((Signal)new Signal.Entered(null, "again")));

    [Fact]
    public void Every_kind_of_node_is_among_those_that_people_pass()
    {
        var kinds = typeof(Node).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Node)));

        Assert.Equal([nameof(ExitNode), nameof(TriggerNode)], kinds.Except(EveryMiddle.Select(node => node.GetType())).Select(kind => kind.Name).Order());
    }

    [Fact]
    public void A_run_never_fails_never_reuses_a_visit_and_ends_when_fed_long_enough() =>
        Gen.Select(Graphs, Goals, People, Signals.Array[0, 60]).Sample((graph, goal, person, signals) =>
        {
            Assert.Empty(GraphValidator.Validate(graph, goal));
            var journey = CompiledJourney.Compile(Make.JourneyId, graph, goal);
            var at = Make.Enter(journey, person);
            var (visits, now) = (at.Visits.ToList(), Make.Noon);

            foreach (var signal in signals.Concat(Enumerable.Repeat<Signal?>(null, 600)))
            {
                now = now.AddHours(1);
                var given = signal ?? NextFor(at.Progress);
                if (signal is null && at.Progress.WakeAt > now)
                    now = at.Progress.WakeAt.Value;
                var next = JourneyEngine.Advance(journey, at.Progress, given, person, now);
                var again = JourneyEngine.Advance(journey, next.Progress, given, person, now);

                // The same timer or report a second time changes nothing, unless they came back to the same node on their own feet.
                if (given is Signal.TimerElapsed && next.Visits.Count > 0)
                    Assert.Same(next.Progress, again.Progress);
                if (given is Signal.Reported report && report.NodeId != next.Progress.NodeId)
                    Assert.Same(next.Progress, again.Progress);
                if (given is Signal.Reported { VisitNo: { } reportedNo })
                    Assert.Empty(reportedNo == at.Progress.VisitNo ? again.Visits : next.Visits);
                CheckEarly(at.Progress, given, now, next);
                CheckShape(next);
                visits.AddRange(next.Visits);
                at = next;
            }

            Assert.True(at.Progress.IsFinal);
            Assert.Equal(Enumerable.Range(1, visits.Count), visits.Select(visit => visit.VisitNo));
        }, iter: 500);

    // Never early: before its time a wait ends by no timer, and the timer that was used up is asked for again.
    static void CheckEarly(Progress before, Signal given, DateTimeOffset now, Transition next)
    {
        if (before.IsFinal || given is not Signal.TimerElapsed elapsed || !(now < before.WakeAt))
            return;

        Assert.Empty(next.Visits);
        if (elapsed.VisitNo == before.VisitNo)
            Assert.True(next.WasTooEarly);
    }

    // An active one waits for exactly one nameable thing, an ended one for nothing; and what is to be seen to says the same.
    static void CheckShape(Transition next)
    {
        var progress = next.Progress;
        Assert.Equal(progress.IsFinal, progress.WaitingFor == WaitingFor.Nothing);
        Assert.True(progress.WaitingFor is not (WaitingFor.Time or WaitingFor.Parked) || progress.WakeAt is not null);
        Assert.True(!progress.IsFinal || progress.WakeAt is null);
    }

    // Whoever applies the differences has just the timer that the present visit needs, beside those that are due; however often it is saved.
    [Fact]
    public void The_timers_that_are_kept_are_those_that_the_state_needs() =>
        Gen.Select(Graphs, Goals, People, Signals.Array[1, 60], Gen.Bool.Array[60]).Sample((graph, goal, person, signals, saves) =>
        {
            var journey = CompiledJourney.Compile(Make.JourneyId, graph, goal);
            var at = Make.Enter(journey, person);
            var (saved, now) = (default(Wakeup), Make.Noon);
            var timers = new Dictionary<int, DateTimeOffset>();

            for (var step = 0; step < signals.Length; step++)
            {
                now = now.AddHours(1);
                at = JourneyEngine.Advance(journey, at.Progress, step % 3 == 0 ? NextFor(at.Progress) : signals[step], person, now);
                if (!saves[step])
                    continue;

                var present = new Wakeup(at.Progress.VisitNo, at.Progress.WakeAt);
                var change = TimerChange.Between(saved, present, now);
                if (change.Cancel is { } cancelled)
                    Assert.True(timers.Remove(cancelled));
                if (change.Start is { } start)
                    timers[start.VisitNo] = start.At!.Value;
                saved = present;

                Dictionary<int, DateTimeOffset> needed = present.At > now ? new() { [present.VisitNo] = present.At.Value } : [];
                Assert.Equal(needed, timers.Where(timer => timer.Value > now).ToDictionary());
            }
        }, iter: 500);

    // What the machinery would do: answer whatever the run waits for.
    static Signal NextFor(Progress progress) => progress.WaitingFor switch
    {
        WaitingFor.Report => new Signal.Reported(progress.NodeId, ContentOutcome.Completed),
        WaitingFor.Event => new Signal.EventSeen(new PersonEvent("go", Make.Noon)),
        _ => new Signal.TimerElapsed(progress.VisitNo),
    };

    static JourneyGraph Build(Node[] middles, int[] jumps)
    {
        var nodes = middles.Select((node, i) => node with { Id = $"n{i}" }).ToList();
        var edges = new List<Edge> { new("in", "start", "n0") };
        for (var i = 0; i < nodes.Count; i++)
        {
            var (required, _) = GraphValidator.Branches(nodes[i]);
            for (var b = 0; b < required.Count; b++)
            {
                // The first way out leads to the next node, so everything is reached and an exit is never far.
                var target = b == 0 ? i + 1 : i + 1 + (jumps[(i * 4) + b] % (nodes.Count - i));
                edges.Add(new($"e{i}-{b}", $"n{i}", target >= nodes.Count ? "end" : $"n{target}", required[b]));
            }

            if (nodes[i] is ContentNode && jumps[i * 4] % 2 == 0)
                edges.Add(new($"back{i}", $"n{i}", $"n{jumps[(i * 4) + 3] % nodes.Count}", "dismissed"));
        }

        return new JourneyGraph([new TriggerNode("start", new ManualTrigger()), .. nodes, new ExitNode("end", "done")], edges);
    }
}
