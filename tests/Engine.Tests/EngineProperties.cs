using CsCheck;

namespace Journeys.Engine.Tests;

/// <summary>What holds for every valid graph and every order of signals.</summary>
public sealed class EngineProperties
{
    static readonly Gen<Node> Middles = Gen.OneOf(
        Gen.Const<Node>(new ContentNode("", "FLOW", "c", ExpireAfter: TimeSpan.FromDays(1))),
        Gen.Const<Node>(new WaitNode("", new DurationWait(TimeSpan.FromHours(1)))),
        Gen.Const<Node>(new WaitForEventNode("", [new EventFilter("go")], TimeSpan.FromDays(2))),
        Gen.Const<Node>(new ConditionNode("", [new("yes", new ConditionRule("traits.x", Operator.Exists))])),
        Gen.Const<Node>(new SplitNode("", [new("a", 30), new("b", 70)])),
        Gen.Const<Node>(new GoalCheckNode("", new EventRule("go"))));

    // Each way out leads to a later node, so a run ends within as many signals as there are nodes.
    static readonly Gen<JourneyGraph> Graphs =
        from middles in Middles.Array[1, 12]
        from jumps in Gen.Int[0, 1_000].Array[middles.Length * 4]
        select Build(middles, jumps);

    static readonly Gen<Signal> Signals = Gen.OneOf(
        Gen.Int[1, 40].Select(visitNo => (Signal)new Signal.TimerElapsed(visitNo)),
        Gen.Int[0, 13].Select(n => (Signal)new Signal.Reported($"n{n}", ContentOutcome.Completed)),
        Gen.Const((Signal)new Signal.EventSeen(new PersonEvent("go", Make.Noon))),
        Gen.Const((Signal)new Signal.PersonChanged()),
        Gen.Const((Signal)new Signal.Entered(null, "again")));

    [Fact]
    public void A_run_never_fails_never_reuses_a_visit_and_ends_when_fed_long_enough() =>
        Gen.Select(Graphs, Signals.Array[0, 60]).Sample((graph, signals) =>
        {
            Assert.Empty(GraphValidator.Validate(graph));
            var journey = CompiledJourney.Compile(Make.JourneyId, graph);
            var at = Make.Enter(journey);
            var (visits, now) = (at.Visits.ToList(), Make.Noon);

            foreach (var signal in signals.Concat(Enumerable.Repeat<Signal?>(null, 600)))
            {
                now = now.AddHours(1);
                var given = signal ?? NextFor(at.Progress);
                var next = JourneyEngine.Advance(journey, at.Progress, given, Make.Person(), now);
                var again = JourneyEngine.Advance(journey, next.Progress, given, Make.Person(), now);

                // The same timer or report a second time changes nothing, unless it came back to the same node on its own feet.
                if (given is Signal.TimerElapsed && next.Visits.Count > 0)
                    Assert.Same(next.Progress, again.Progress);
                Assert.Equal(next.Progress.IsFinal, next.Progress.WaitingFor == WaitingFor.Nothing);
                visits.AddRange(next.Visits);
                at = next;
            }

            Assert.True(at.Progress.IsFinal);
            Assert.Equal(Enumerable.Range(1, visits.Count), visits.Select(visit => visit.VisitNo));
        }, iter: 300);

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
        }

        return new JourneyGraph([new TriggerNode("start", new ManualTrigger()), .. nodes, new ExitNode("end", "done")], edges);
    }
}
