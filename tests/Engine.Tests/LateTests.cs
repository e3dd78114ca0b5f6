namespace Journeys.Engine.Tests;

/// <summary>What becomes of people whose wait ended during a pause.</summary>
public sealed class LateTests
{
    static readonly ContentNode Tip = new("tip", "FLOW", "tip");
    static readonly WaitForEventNode Hold = new("hold", [new("go")]);

    // rest -> tip -> (skipped: also) -> hold -> end
    static readonly CompiledJourney Journey = CompiledJourney.Compile(
        Make.JourneyId,
        new JourneyGraph(
            [
                new TriggerNode("start", new ManualTrigger()), new WaitNode("rest", new DurationWait(TimeSpan.FromHours(1))), Tip,
                Tip with { Id = "also" }, Hold, Tip with { Id = "last" }, new ExitNode("end", "done"),
            ],
            [
                new("e1", "start", "rest"), new("e2", "rest", "tip"), new("e3", "tip", "hold"), new("e4", "tip", "also", "skipped"),
                new("e5", "also", "hold"), new("e6", "hold", "last", "event"), new("e7", "last", "end"),
            ]));

    static readonly Transition Waiting = Make.Enter(Journey);

    [Fact]
    public void Who_catches_up_is_shown_what_comes_next()
    {
        var woken = Waiting.Then(Journey, new Signal.TimerElapsed(2));

        Assert.Equal(("tip", WaitingFor.Report), (woken.Progress.NodeId, woken.Progress.WaitingFor));
    }

    [Fact]
    public void Content_is_passed_over_by_skipped_or_the_plain_way_until_something_else_holds_the_person()
    {
        var woken = Waiting.Then(Journey, new Signal.TimerElapsed(2, Late.Skip));
        var after = woken.Then(Journey, new Signal.EventSeen(new PersonEvent("go", Make.Noon)));

        Assert.Equal(
            [("tip", "", "timer"), ("also", "skipped", "late"), ("hold", "", "late")],
            woken.Visits.Select(visit => (visit.NodeId, visit.Branch, visit.Cause)));
        Assert.Equal(WaitingFor.Event, woken.Progress.WaitingFor);
        Assert.Equal(("last", WaitingFor.Report), (after.Progress.NodeId, after.Progress.WaitingFor));
    }

    [Fact]
    public void Content_that_comes_again_is_shown()
    {
        var circle = CompiledJourney.Compile(
            Make.JourneyId,
            new JourneyGraph(
                [new TriggerNode("start", new ManualTrigger()), new WaitNode("rest", new DurationWait(TimeSpan.FromHours(1))), Tip],
                [new("e1", "start", "rest"), new("e2", "rest", "tip"), new("e3", "tip", "tip")]));

        var shown = Make.Enter(circle).Then(circle, new Signal.TimerElapsed(2, Late.Skip));

        Assert.Equal([("tip", "timer"), ("tip", "late")], shown.Visits.Select(visit => (visit.NodeId, visit.Cause)));
        Assert.Equal(("tip", WaitingFor.Report), (shown.Progress.NodeId, shown.Progress.WaitingFor));
    }

    [Fact]
    public void Who_is_let_out_is_stopped_where_they_are_and_the_visit_says_why()
    {
        var left = Waiting.Then(Journey, new Signal.TimerElapsed(2, Late.Exit));

        Assert.Equal(("rest", ProgressStatus.Stopped, "LATE", null), (left.Progress.NodeId, left.Progress.Status, left.Progress.StopReason, left.Progress.WakeAt));
        Assert.Empty(left.Visits);
        Assert.StartsWith("late: ", Assert.Single(left.Notes).Text);
    }

    [Fact]
    public void A_timer_of_another_visit_or_before_its_time_lets_nobody_out()
    {
        Assert.Same(Waiting.Progress, Waiting.Then(Journey, new Signal.TimerElapsed(1, Late.Exit)).Progress);
        Assert.Same(Waiting.Progress, Waiting.Then(Journey, new Signal.TimerElapsed(2, Late.Exit), now: Make.Noon).Progress);
    }

    [Fact]
    public void The_goal_comes_first()
    {
        var journey = Make.Around(
            new WaitNode("wait", new DurationWait(TimeSpan.FromHours(1))),
            new Goal(new ConditionRule("traits.plan", Operator.Eq, Make.Json("\"pro\"")), ExitOnGoal: true));

        var left = Make.Enter(journey).Then(journey, new Signal.TimerElapsed(2, Late.Exit), Make.Person("""{"plan": "pro"}"""));

        Assert.Equal((ProgressStatus.Completed, JourneyEngine.GoalOutcome), (left.Progress.Status, left.Progress.Outcome));
    }

    [Fact]
    public void An_exit_rule_comes_first()
    {
        var journey = Make.Around(
            new WaitNode("wait", new DurationWait(TimeSpan.FromHours(1))),
            exits: [new ExitRule("left", new ConditionRule("traits.plan", Operator.Eq, Make.Json("\"free\"")), null, "")]);

        var left = Make.Enter(journey).Then(journey, new Signal.TimerElapsed(2, Late.Exit), Make.Person("""{"plan": "free"}"""));

        Assert.Equal(ExitRule.StopReason, left.Progress.StopReason);
    }
}
