namespace Journeys.Engine.Tests;

public sealed class GoalCheckNodeTests
{
    static readonly Goal Paid = new(new EventRule("paid"), TimeSpan.FromDays(14));
    static readonly Person Payer = Make.Person(events: new PersonEvent("paid", Make.Noon));

    [Fact]
    public void A_goal_check_asks_for_the_journeys_goal()
    {
        var journey = Make.Around(new GoalCheckNode("check"), Paid);

        Assert.Equal("success", Make.Enter(journey, Payer).Progress.Outcome);
        Assert.Equal("fallback", Make.Enter(journey).Progress.Outcome);
    }

    [Fact]
    public void A_goal_is_noted_once_when_it_is_reached_before_the_deadline()
    {
        var journey = Make.Around(new WaitNode("wait", new DurationWait(TimeSpan.FromDays(30))), Paid);
        var entered = Make.Enter(journey);

        var reached = entered.Then(journey, new Signal.EventSeen(Payer.Events[0]), Payer, Make.Noon.AddDays(14));
        var late = entered.Then(journey, new Signal.EventSeen(Payer.Events[0]), Payer, Make.Noon.AddDays(15));

        Assert.Equal(Make.Noon.AddDays(14), reached.Progress.GoalAt);
        Assert.False(reached.Progress.IsFinal);
        Assert.Null(late.Progress.GoalAt);
    }

    [Fact]
    public void A_goal_may_end_the_journey()
    {
        var journey = Make.Around(new WaitNode("wait", new DurationWait(TimeSpan.FromDays(30))), Paid with { ExitOnGoal = true });

        var reached = Make.Enter(journey).Then(journey, new Signal.PersonChanged(), Payer);

        Assert.Equal((ProgressStatus.Completed, "goal"), (reached.Progress.Status, reached.Progress.Outcome));
    }

    [Fact]
    public void A_goal_check_that_ends_the_journey_leads_nowhere_any_more()
    {
        var graph = new JourneyGraph(
            [new TriggerNode("start", new ManualTrigger()), new GoalCheckNode("check"), new ContentNode("thanks", "FLOW", "c"), new ExitNode("end", "done")],
            [new("e1", "start", "check"), new("e2", "check", "thanks", "success"), new("e3", "check", "end", "fallback"), new("e4", "thanks", "end")]);
        var journey = CompiledJourney.Compile(Make.JourneyId, graph, Paid with { ExitOnGoal = true });

        var entered = Make.Enter(journey, Payer);

        Assert.Equal((ProgressStatus.Completed, "goal", "check", WaitingFor.Nothing), (entered.Progress.Status, entered.Progress.Outcome, entered.Progress.NodeId, entered.Progress.WaitingFor));
    }

    [Fact]
    public void What_happened_in_time_counts_though_it_is_applied_later()
    {
        var journey = Make.Around(new WaitNode("wait", new DurationWait(TimeSpan.FromDays(30))), Paid);
        var held = new Signal.EventSeen(Payer.Events[0]) { HappenedAt = Make.Noon.AddDays(13) };

        var reached = Make.Enter(journey).Then(journey, held, Payer, Make.Noon.AddDays(20));

        Assert.Equal(Make.Noon.AddDays(13), reached.Progress.GoalAt);
    }
}
