namespace Journeys.Engine.Tests;

public sealed class WaitNodeTests
{
    static readonly CompiledJourney Reminder = Make.Around(new WaitNode("wait", new TraitDateWait("ends", TimeSpan.FromDays(-1))));

    static readonly CompiledJourney TwoHours = Make.Around(new WaitNode("wait", new DurationWait(TimeSpan.FromHours(2))));

    [Fact]
    public void Its_own_timer_moves_the_person_on()
    {
        var entered = Make.Enter(TwoHours);

        var woken = entered.Then(TwoHours, new Signal.TimerElapsed(2), now: Make.Noon.AddHours(2));

        Assert.Equal(Make.Noon.AddHours(2), entered.Progress.WakeAt);
        Assert.True(woken.Progress.IsFinal);
        Assert.Equal("plain", woken.Progress.Outcome);
        // It is on its way already.
        Assert.Equal(default, woken.TimersSince(entered, Make.Noon.AddHours(2)));
    }

    [Fact]
    public void A_late_timer_changes_nothing()
    {
        var entered = Make.Enter(TwoHours);

        Assert.Equal(Transition.Unchanged(entered.Progress).Progress, entered.Then(TwoHours, new Signal.TimerElapsed(1)).Progress);
    }

    [Fact]
    public void A_timer_before_its_time_changes_nothing_and_is_asked_for_again()
    {
        var entered = Make.Enter(TwoHours);

        var early = entered.Then(TwoHours, new Signal.TimerElapsed(2), now: Make.Noon.AddHours(2).AddTicks(-1));

        Assert.Same(entered.Progress, early.Progress);
        Assert.Empty(early.Visits);
        Assert.True(early.WasTooEarly);
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

    [Theory]
    [InlineData("{}", "traits.ends is missing, so there was no time to wait for")]
    [InlineData("""{"ends": null}""", "traits.ends is missing, so there was no time to wait for")]
    [InlineData("""{"ends": "soon"}""", "traits.ends is \"soon\", which is not an RFC 3339 date, so there was no time to wait for")]
    [InlineData("""{"ends": 5}""", "traits.ends is 5, which is not an RFC 3339 date, so there was no time to wait for")]
    public void A_trait_that_names_no_date_holds_nobody_and_the_history_says_so(string traits, string detail)
    {
        var journey = Make.Around(new WaitNode("wait", new TraitDateWait("ends", TimeSpan.Zero)));

        var entered = Make.Enter(journey, Make.Person(traits));

        Assert.True(entered.Progress.IsFinal);
        Assert.Equal(detail, entered.Visits[2].Detail);
    }

    [Theory]
    [InlineData("2031-12-25T10:00:00.1234567Z", "2031-12-25T10:00:00.123457Z")]
    [InlineData("9999-12-31", "9999-12-31T23:59:59.999999Z")]
    public void A_trait_date_holds_until_the_microsecond_after_it_and_as_long_as_the_calendar_goes(string date, string expected)
    {
        var journey = Make.Around(new WaitNode("wait", new TraitDateWait("ends", date.StartsWith('9') ? Dates.TenYears : TimeSpan.Zero)));

        var entered = Make.Enter(journey, Make.Person($$"""{"ends": "{{date}}"}"""));

        Assert.Equal(At(expected), entered.Progress.WakeAt);
    }

    [Fact]
    public void A_trait_date_that_moves_is_followed_and_the_visit_says_so()
    {
        var entered = Make.Enter(Reminder, Make.Person("""{"ends": "2026-01-10"}"""));

        var moved = entered.Then(Reminder, new Signal.PersonChanged(), Make.Person("""{"ends": "2026-02-10"}"""), Make.Noon.AddDays(1));

        Assert.Equal((2, At("2026-02-09T00:00:00Z")), (moved.Progress.VisitNo, moved.Progress.WakeAt));
        Assert.Empty(moved.Visits);
        Assert.Equal(new TimerChange(new Wakeup(2, At("2026-02-09T00:00:00Z")), Cancel: null), moved.TimersSince(entered));
        Assert.Equal(
            new VisitNote(2, "traits.ends moved: the wait ends 2026-02-09 00:00:00 UTC instead of 2026-01-09 00:00:00 UTC", Make.Noon.AddDays(1)),
            Assert.Single(moved.Notes));
    }

    [Fact]
    public void A_trait_date_that_moves_into_the_past_ends_the_wait_and_the_next_visit_says_so()
    {
        var entered = Make.Enter(Reminder, Make.Person("""{"ends": "2026-01-10"}"""));

        var moved = entered.Then(Reminder, new Signal.PersonChanged(), Make.Person("""{"ends": "2026-01-01"}"""), Make.Noon.AddDays(1));

        Assert.True(moved.Progress.IsFinal);
        Assert.Equal(("trait:ends", "traits.ends moved to a date whose time had passed already"), (moved.Visits[0].Cause, moved.Visits[0].Detail));
    }

    [Theory]
    [InlineData("""{"ends": "2026-01-10T00:00:00Z"}""")]
    [InlineData("{}")]
    [InlineData("""{"ends": "never"}""")]
    public void A_trait_that_names_the_same_or_no_date_leaves_the_wait_as_it_is(string traits)
    {
        var entered = Make.Enter(Reminder, Make.Person("""{"ends": "2026-01-10"}"""));

        Assert.Same(entered.Progress, entered.Then(Reminder, new Signal.PersonChanged(), Make.Person(traits), Make.Noon.AddDays(1)).Progress);
    }

    [Fact]
    public void A_change_that_was_held_counts_from_when_it_happened_and_acts_only_on_its_own_visit()
    {
        var entered = Make.Enter(Reminder, Make.Person("""{"ends": "2026-01-10"}"""));
        var now = At("2026-03-01T00:00:00Z");

        // Earlier than now, but ahead when it happened: the timer ends the wait, and a change that is held after this one may move it again.
        var held = new Signal.PersonChanged(2, At("2026-01-20T00:00:00Z")) { HappenedAt = At("2026-01-08T00:00:00Z") };
        var first = entered.Then(Reminder, held, now: now);
        var second = first.Then(Reminder, held with { Until = At("2026-04-01T00:00:00Z") }, now: now);

        Assert.Equal(At("2026-01-20T00:00:00Z"), first.Progress.WakeAt);
        Assert.Equal(At("2026-04-01T00:00:00Z"), second.Progress.WakeAt);
        Assert.Same(entered.Progress, entered.Then(Reminder, held with { VisitNo = 1 }, now: now).Progress);
    }

    [Fact]
    public void Other_waits_do_not_follow_anything()
    {
        var entered = Make.Enter(TwoHours);

        Assert.Same(entered.Progress, entered.Then(TwoHours, new Signal.PersonChanged(), Make.Person("""{"ends": "2026-01-10"}""")).Progress);
    }

    [Fact]
    public void A_local_time_is_the_persons_own_else_the_journeys()
    {
        var journey = Make.Around(new WaitNode("wait", new LocalTimeWait(new TimeOnly(9, 0), [])), zone: "America/New_York");

        Assert.Equal(Make.Noon.AddHours(20), Make.Enter(journey, Make.Person(zone: "Europe/Berlin")).Progress.WakeAt);
        Assert.Equal(Make.Noon.AddHours(2), Make.Enter(journey, Make.Person(zone: "Mars/Base")).Progress.WakeAt);
    }

    static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
