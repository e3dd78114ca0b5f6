namespace Journeys.Engine.Tests;

public sealed class WaitForEventNodeTests
{
    static readonly CompiledJourney Journey = Make.Around(new WaitForEventNode(
        "hold",
        [new EventFilter("made", new ConditionRule("properties.kind", Operator.Eq, Make.Json("\"team\"")))],
        TimeSpan.FromDays(1)));

    [Fact]
    public void Only_an_event_that_passes_the_filter_releases()
    {
        var entered = Make.Enter(Journey);
        var other = new PersonEvent("made", Make.Noon, Make.Json("""{"kind": "solo"}"""));
        var right = new PersonEvent("made", Make.Noon, Make.Json("""{"kind": "team"}"""));

        Assert.Same(entered.Progress, entered.Then(Journey, new Signal.EventSeen(other)).Progress);
        Assert.Equal("event", entered.Then(Journey, new Signal.EventSeen(right)).Progress.Outcome);
    }

    [Fact]
    public void Its_time_out_takes_the_other_way()
    {
        var entered = Make.Enter(Journey);

        Assert.Equal("timeout", entered.Then(Journey, new Signal.TimerElapsed(2), now: entered.Progress.WakeAt).Progress.Outcome);
    }
}
