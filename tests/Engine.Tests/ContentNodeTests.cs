namespace Journeys.Engine.Tests;

public sealed class ContentNodeTests
{
    static readonly CompiledJourney Journey = Make.Around(new ContentNode("tour", "FLOW", "c1", ExpireAfter: TimeSpan.FromDays(7)));

    [Fact]
    public void It_holds_the_person_until_it_is_reported_or_expires()
    {
        var entered = Make.Enter(Journey);

        Assert.Equal(("tour", WaitingFor.Report, 2), (entered.Progress.NodeId, entered.Progress.WaitingFor, entered.Progress.VisitNo));
        Assert.Equal(new TimerChange(new Wakeup(2, Make.Noon.AddDays(7)), Cancel: null), entered.TimersSince(null));
    }

    [Theory]
    [InlineData(ContentOutcome.Completed, "plain")]
    [InlineData(ContentOutcome.Dismissed, "dismissed")]
    [InlineData(ContentOutcome.Skipped, "skipped")]
    public void Each_outcome_takes_its_own_way(ContentOutcome outcome, string expected)
    {
        var entered = Make.Enter(Journey);
        var reported = entered.Then(Journey, new Signal.Reported("tour", outcome));

        Assert.Equal(expected, reported.Progress.Outcome);
        Assert.Equal(2, reported.TimersSince(entered).Cancel);
    }

    [Fact]
    public void An_outcome_without_an_edge_takes_the_plain_one()
    {
        var graph = new JourneyGraph(
            [new TriggerNode("start", new ManualTrigger()), new ContentNode("tour", "FLOW", "c1"), new ExitNode("end", "done")],
            [new("e1", "start", "tour"), new("e2", "tour", "end")]);
        var journey = CompiledJourney.Compile(Make.JourneyId, graph);

        Assert.Equal("done", Make.Enter(journey).Then(journey, new Signal.Reported("tour", ContentOutcome.Skipped)).Progress.Outcome);
    }

    [Fact]
    public void What_is_reported_is_kept_for_rules()
    {
        var reported = Make.Enter(Journey).Then(Journey, new Signal.Reported("tour", ContentOutcome.Completed, Make.Json("""{"rating": 9}""")));

        Assert.Equal("""{"tour":{"rating":9,"outcome":"COMPLETED"}}""", reported.Progress.Data.Json);
    }

    [Fact]
    public void A_report_of_another_node_and_a_stale_timer_change_nothing()
    {
        var entered = Make.Enter(Journey);

        Assert.Same(entered.Progress, entered.Then(Journey, new Signal.Reported("start", ContentOutcome.Completed)).Progress);
        Assert.Same(entered.Progress, entered.Then(Journey, new Signal.TimerElapsed(1)).Progress);
        Assert.Equal("timeout", entered.Then(Journey, new Signal.TimerElapsed(2), now: entered.Progress.WakeAt).Progress.Outcome);
    }
}
