namespace Journeys.Engine.Tests;

public sealed class ExitNodeTests
{
    [Fact]
    public void Nothing_moves_a_run_that_has_ended()
    {
        var journey = Make.Around(new WaitNode("wait", new DateWait(Make.Noon)));
        var ended = Make.Enter(journey);

        Assert.Same(ended.Progress, ended.Then(journey, new Signal.Stopped("API")).Progress);
        Assert.Same(ended.Progress, ended.Then(journey, new Signal.TimerElapsed(ended.Progress.VisitNo)).Progress);
    }

    [Fact]
    public void A_run_can_be_stopped_where_it_is()
    {
        var journey = Make.Around(new WaitNode("wait", new DurationWait(TimeSpan.FromDays(1))));

        var entered = Make.Enter(journey);
        var stopped = entered.Then(journey, new Signal.Stopped("OPT_OUT"));

        Assert.Equal((ProgressStatus.Stopped, "OPT_OUT", "wait"), (stopped.Progress.Status, stopped.Progress.StopReason, stopped.Progress.NodeId));
        Assert.Equal(new TimerChange(Start: null, Cancel: 2), stopped.TimersSince(entered));
    }
}
