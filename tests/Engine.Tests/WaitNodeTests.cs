namespace Journeys.Engine.Tests;

public sealed class WaitNodeTests
{
    static readonly CompiledJourney TwoHours = Make.Around(new WaitNode("wait", new DurationWait(TimeSpan.FromHours(2))));

    [Fact]
    public void Its_own_timer_moves_the_person_on()
    {
        var entered = Make.Enter(TwoHours);

        var woken = entered.Then(TwoHours, new Signal.TimerElapsed(2), now: Make.Noon.AddHours(2));

        Assert.Equal(Make.Noon.AddHours(2), entered.Progress.WakeAt);
        Assert.True(woken.Progress.IsFinal);
        Assert.Equal([new Effect.CancelTimer(2), new Effect.Finished(RunStatus.Completed, "plain")], woken.Effects);
    }

    [Fact]
    public void A_late_timer_changes_nothing()
    {
        var entered = Make.Enter(TwoHours);

        Assert.Equal(Transition.Unchanged(entered.Progress).Progress, entered.Then(TwoHours, new Signal.TimerElapsed(1)).Progress);
    }

    [Fact]
    public void A_date_that_has_passed_holds_nobody()
    {
        var journey = Make.Around(new WaitNode("wait", new DateWait(Make.Noon.AddDays(-1))));

        var entered = Make.Enter(journey);

        Assert.True(entered.Progress.IsFinal);
        Assert.Equal(3, entered.Visits.Count);
    }

    [Theory]
    [InlineData("""{"ends": "2026-01-10T12:00:00Z"}""", "2026-01-07T12:00:00Z")]
    [InlineData("""{"ends": "2026-01-10"}""", "2026-01-06T23:00:00Z")]
    public void A_trait_date_counts_from_the_trait_and_a_plain_date_is_midnight_where_the_person_is(string traits, string expected)
    {
        var journey = Make.Around(new WaitNode("wait", new TraitDateWait("ends", TimeSpan.FromDays(-3))));

        var entered = Make.Enter(journey, Make.Person(traits, zone: "Europe/Berlin"));

        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), entered.Progress.WakeAt);
    }

    [Fact]
    public void A_trait_that_is_no_date_holds_nobody_and_the_history_says_so()
    {
        var journey = Make.Around(new WaitNode("wait", new TraitDateWait("ends", TimeSpan.Zero)));

        var entered = Make.Enter(journey, Make.Person("""{"ends": "soon"}"""));

        Assert.True(entered.Progress.IsFinal);
        Assert.Equal("traits.ends is not a date", entered.Visits[2].Detail);
    }

    [Fact]
    public void A_local_time_is_the_persons_own_else_the_journeys()
    {
        var journey = Make.Around(new WaitNode("wait", new LocalTimeWait(new TimeOnly(9, 0), [])), zone: "America/New_York");

        Assert.Equal(Make.Noon.AddHours(20), Make.Enter(journey, Make.Person(zone: "Europe/Berlin")).Progress.WakeAt);
        Assert.Equal(Make.Noon.AddHours(2), Make.Enter(journey, Make.Person(zone: "Mars/Base")).Progress.WakeAt);
    }
}
