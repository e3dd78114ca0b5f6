namespace Journeys.Engine.Tests;

/// <summary>Waits that stopped while their journey was paused.</summary>
public sealed class FrozenPauseTests
{
    static readonly DateTimeOffset Noon = Make.Noon;

    [Fact]
    public void A_wait_ends_later_by_as_much_of_each_pause_as_fell_into_it()
    {
        // Noon to 2 p.m.
        Assert.Equal(2, Until());
        Assert.Equal(5, Until((1, 4)));
        Assert.Equal(6, Until((1, 4), (4.5, 5.5)));
        Assert.Equal(4, Until((-1, 2)));
        Assert.Equal(2, Until((-2, -1)));
        Assert.Equal(2, Until((2, 3)));
        Assert.Equal(2, Until((3, 4)));
        // It ended at 3 p.m., before the second.
        Assert.Equal(3, Until((1, 2), (3, 4)));
        // No time counts twice.
        Assert.Equal(4, Until((1, 2.5), (2, 3)));
    }

    [Theory]
    [InlineData("duration", 3)]
    [InlineData("content", 3)]
    [InlineData("event", 3)]
    [InlineData("date", 1)]
    [InlineData("trait", 1)]
    public void What_a_node_waits_for_decides_whether_its_wait_stops(string kind, double hours)
    {
        var hour = TimeSpan.FromHours(1);
        var journey = Make.Around(kind switch
        {
            "duration" => new WaitNode("node", new DurationWait(hour)),
            "content" => new ContentNode("node", "FLOW", "offer") { ExpireAfter = hour },
            "event" => new WaitForEventNode("node", [new("go")]) { Timeout = hour },
            "date" => new WaitNode("node", new DateWait(Noon + hour)),
            _ => new WaitNode("node", new TraitDateWait("due", hour)),
        });
        var person = Make.Person($$"""{"due": "{{Noon:O}}"}""");
        var waiting = Make.Enter(journey, person).Progress;

        var thawed = JourneyEngine.Thaw(journey, waiting, [new(Noon.AddHours(0.5), Noon.AddHours(2.5))], person);

        Assert.Equal(Noon + hour, waiting.WakeAt);
        Assert.Equal(waiting with { WakeAt = Noon.AddHours(hours) }, thawed);
    }

    [Fact]
    public void A_local_time_that_passed_is_the_next_one_across_a_change_of_the_clock()
    {
        // Clocks in Berlin went forward on Sunday, 29 March 2026, at 2 a.m.: 9 a.m. is at 8 o'clock UTC before and at 7 after.
        var saturday = new DateTimeOffset(2026, 3, 28, 6, 0, 0, TimeSpan.Zero);
        var journey = Make.Around(new WaitNode("node", new LocalTimeWait(new TimeOnly(9, 0), [])));
        var person = Make.Person(zone: "Europe/Berlin");
        var waiting = Make.Enter(journey, person, saturday).Progress;
        double After(params (double From, double Until)[] pauses) =>
            (JourneyEngine.Thaw(journey, waiting, Pauses(saturday, pauses), person).WakeAt!.Value - saturday).TotalHours;

        Assert.Equal(2, After());
        Assert.Equal(2, After((0.5, 1.5)));
        Assert.Equal(2, After((3, 5)));
        Assert.Equal(25, After((1, 20)));
        Assert.Equal(49, After((1, 26)));
        Assert.Equal(49, After((1, 20), (24, 26)));
    }

    [Fact]
    public void The_deadline_of_the_goal_is_later_by_the_pauses()
    {
        var goal = new Goal(new ConditionRule("traits.paid", Operator.Eq, Make.Json("true")), TimeSpan.FromHours(2));
        var journey = Make.Around(new WaitForEventNode("node", [new("go")]), goal);
        var inside = Make.Enter(journey).Progress;
        var paid = Make.Person("""{"paid": true}""");
        DateTimeOffset? GoalAt(double hours, params FrozenPause[] pauses) =>
            JourneyEngine.Advance(journey, inside with { Pauses = pauses }, new Signal.PersonChanged(), paid, Noon.AddHours(hours))
                .Progress.GoalAt;

        Assert.Null(GoalAt(4.5));
        Assert.Equal(Noon.AddHours(4.5), GoalAt(4.5, new FrozenPause(Noon.AddHours(1), Noon.AddHours(4))));
        Assert.Null(GoalAt(5.5, new FrozenPause(Noon.AddHours(1), Noon.AddHours(4))));
        Assert.Null(GoalAt(4.5, new FrozenPause(Noon.AddHours(2.5), Noon.AddHours(4))));
    }

    static double Until(params (double From, double Until)[] pauses) =>
        (FrozenPause.Extend(Pauses(Noon, pauses), Noon, Noon.AddHours(2)) - Noon).TotalHours;

    static List<FrozenPause> Pauses(DateTimeOffset start, (double From, double Until)[] pauses) =>
        [.. pauses.Select(pause => new FrozenPause(start.AddHours(pause.From), start.AddHours(pause.Until)))];
}
