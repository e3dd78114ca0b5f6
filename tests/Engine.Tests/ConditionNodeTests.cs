namespace Journeys.Engine.Tests;

public sealed class ConditionNodeTests
{
    static readonly CompiledJourney Journey = Make.Around(new ConditionNode("plan",
    [
        new("pro", new ConditionRule("traits.plan", Operator.Eq, Make.Json("\"pro\""))),
        new("paying", new ConditionRule("traits.plan", Operator.Exists)),
    ]));

    [Theory]
    [InlineData("""{"plan": "pro"}""", "pro", "traits.plan EQ \"pro\"")]
    [InlineData("""{"plan": "team"}""", "paying", "traits.plan EXISTS")]
    [InlineData("""{"plan": null}""", "else", "no rule matched")]
    public void The_first_branch_that_holds_is_taken_and_the_history_says_which_rule(string traits, string expected, string detail)
    {
        var entered = Make.Enter(Journey, Make.Person(traits));

        Assert.Equal(expected, entered.Progress.Outcome);
        Assert.Equal((expected, detail), (entered.Visits[^1].Branch, entered.Visits[^1].Detail));
    }

    [Fact]
    public void A_hundred_nodes_at_once_park_the_run_which_goes_on_by_itself()
    {
        const int conditions = 250;
        List<Node> nodes = [new TriggerNode("start", new ManualTrigger())];
        List<Edge> edges = [new("in", "start", "n0")];
        for (var i = 0; i < conditions; i++)
        {
            var next = i + 1 < conditions ? $"n{i + 1}" : "end";
            nodes.Add(new ConditionNode($"n{i}", [new("yes", new ConditionRule("traits.x", Operator.Exists))]));
            edges.Add(new($"y{i}", $"n{i}", next, "yes"));
            edges.Add(new($"e{i}", $"n{i}", next, "else"));
        }

        nodes.Add(new ExitNode("end", "done"));
        var journey = CompiledJourney.Compile(Make.JourneyId, new JourneyGraph(nodes, edges));

        var first = Make.Enter(journey);
        var second = first.Then(journey, new Signal.TimerElapsed(first.Progress.VisitNo), now: first.Progress.WakeAt);
        var third = second.Then(journey, new Signal.TimerElapsed(second.Progress.VisitNo), now: second.Progress.WakeAt);

        Assert.Equal((WaitingFor.Parked, 100, Make.Noon.AddMinutes(1)), (first.Progress.WaitingFor, first.Visits.Count, first.Progress.WakeAt));
        Assert.Equal((WaitingFor.Parked, 100), (second.Progress.WaitingFor, second.Visits.Count));
        Assert.Equal(("done", 252), (third.Progress.Outcome, third.Progress.VisitNo));
        Assert.Same(first.Progress, first.Then(journey, new Signal.EventSeen(new PersonEvent("go", Make.Noon))).Progress);
    }
}
