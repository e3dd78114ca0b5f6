namespace Journeys.Engine.Tests;

public sealed class ExitRuleTests
{
    static readonly ExitRule Pro = new("Pro", new ConditionRule("traits.plan", Operator.Eq, Make.Json("\"pro\"")), null, "");
    static readonly ExitRule Bought = new("Bought", null, new EventFilter("bought"), "won");
    static readonly Person OfPro = Make.Person("""{"plan": "pro"}""");
    static readonly ContentNode Tip = new("tip", "FLOW", "tip");

    [Fact]
    public void An_event_ends_the_enrollment_where_it_is_and_moves_nobody()
    {
        var journey = Leaving(new WaitForEventNode("hold", [new("bought")]), Bought);

        var left = Make.Enter(journey).Then(journey, Seen("bought"));

        Assert.Equal(("hold", 2, ProgressStatus.Completed, "won"), (left.Progress.NodeId, left.Progress.VisitNo, left.Progress.Status, left.Progress.Outcome));
        Assert.Empty(left.Visits);
        Assert.Equal((2, "exit:Bought (did bought)", Make.Noon), (left.Notes[0].VisitNo, left.Notes[0].Text, left.Notes[0].At));
    }

    [Fact]
    public void Without_an_outcome_it_stops_the_enrollment_and_names_itself()
    {
        var journey = Leaving(Tip, Pro);

        var left = Make.Enter(journey).Then(journey, new Signal.PersonChanged(), OfPro).Progress;

        Assert.Equal((ProgressStatus.Stopped, "EXIT_RULE", "Pro"), (left.Status, left.StopReason, left.Outcome));
        Assert.Equal((WaitingFor.Nothing, (DateTimeOffset?)null), (left.WaitingFor, left.WakeAt));
    }

    [Fact]
    public void It_beats_the_report_that_came_with_it_and_what_was_reported_is_kept()
    {
        var journey = Leaving(Tip, new ExitRule("Unhappy", new ConditionRule("journey.tip.rating", Operator.Lt, Make.Json("3")), null, "unhappy"));
        var entered = Make.Enter(journey);

        var unhappy = entered.Then(journey, new Signal.Reported("tip", ContentOutcome.Completed, Make.Json("""{"rating": 1}"""))).Progress;
        var happy = entered.Then(journey, new Signal.Reported("tip", ContentOutcome.Completed, Make.Json("""{"rating": 9}"""))).Progress;

        Assert.Equal(("tip", "unhappy"), (unhappy.NodeId, unhappy.Outcome));
        Assert.Equal(1, unhappy.Data.Root.GetProperty("tip").GetProperty("rating").GetInt32());
        Assert.Equal(("plain", "plain"), (happy.NodeId, happy.Outcome));
    }

    [Fact]
    public void It_is_asked_before_a_timer_acts_and_not_by_one_of_a_visit_that_is_over()
    {
        var journey = Leaving(new WaitNode("rest", new DurationWait(TimeSpan.FromHours(1))), Pro);
        var entered = Make.Enter(journey);

        var left = entered.Then(journey, new Signal.TimerElapsed(2), OfPro).Progress;
        var late = entered.Then(journey, new Signal.TimerElapsed(1), OfPro);
        var early = entered.Then(journey, new Signal.TimerElapsed(2), OfPro, Make.Noon);

        Assert.Equal(("rest", ProgressStatus.Stopped), (left.NodeId, left.Status));
        Assert.Same(entered.Progress, late.Progress);
        Assert.True(early.WasTooEarly);
    }

    [Fact]
    public void It_reads_what_let_the_person_in()
    {
        var journey = Leaving(Tip, new ExitRule("Team", null, new EventFilter("sold", new ConditionRule("entry.kind", Operator.Eq, Make.Json("\"team\""))), ""));
        var team = Make.Enter(journey).Progress with { Data = new JourneyData("{}", """{"kind": "team"}""") };

        var left = JourneyEngine.Advance(journey, team, Seen("sold"), Make.Person(), Make.Noon);
        var reported = JourneyEngine.Advance(journey, team, new Signal.Reported("tip", ContentOutcome.Completed, Make.Json("{}")), Make.Person(), Make.Noon);

        Assert.Equal("Team", left.Progress.Outcome);
        Assert.Equal("team", reported.Progress.Data.Entry.GetProperty("kind").GetString());
        Assert.False(Make.Enter(journey).Then(journey, Seen("sold")).Progress.IsFinal);
    }

    [Fact]
    public void Who_would_leave_at_once_is_known_before_they_come_in_and_the_goal_comes_first()
    {
        var plan = new ConditionRule("traits.plan", Operator.Eq, Make.Json("\"pro\""));
        var leaving = Leaving(Tip, Bought, Pro);

        Assert.Same(Pro, JourneyEngine.ExitAtEntry(leaving, JourneyData.Empty, OfPro, Make.Noon));
        Assert.Null(JourneyEngine.ExitAtEntry(leaving, JourneyData.Empty, Make.Person(), Make.Noon));
        Assert.Null(JourneyEngine.ExitAtEntry(Leaving(Tip, new Goal(plan, ExitOnGoal: true), Pro), JourneyData.Empty, OfPro, Make.Noon));
        Assert.Same(Pro, JourneyEngine.ExitAtEntry(Leaving(Tip, new Goal(plan), Pro), JourneyData.Empty, OfPro, Make.Noon));
    }

    [Fact]
    public void A_report_of_a_step_that_is_over_asks_nothing()
    {
        var journey = Leaving(Tip, Pro);
        var entered = Make.Enter(journey);

        var late = entered.Then(journey, new Signal.Reported("tip", ContentOutcome.Completed, VisitNo: 1), OfPro);

        Assert.Same(entered.Progress, late.Progress);
    }

    [Fact]
    public void Whoever_comes_in_although_it_holds_is_shown_nothing()
    {
        var left = Make.Enter(Leaving(Tip, Pro), OfPro);

        Assert.Equal(("start", 1, ProgressStatus.Stopped), (left.Progress.NodeId, left.Progress.VisitNo, left.Progress.Status));
        Assert.Equal(["start"], left.Visits.Select(visit => visit.NodeId));
    }

    [Fact]
    public void The_first_that_holds_counts_and_the_goal_is_asked_before_them()
    {
        var goal = new Goal(new ConditionRule("traits.paid", Operator.Eq, Make.Json("true")), ExitOnGoal: true);
        var journey = Leaving(Tip, goal, Pro with { Name = "First" }, Pro with { Name = "Second" });
        var entered = Make.Enter(journey);

        var first = entered.Then(journey, new Signal.PersonChanged(), OfPro).Progress;
        var reached = entered.Then(journey, new Signal.PersonChanged(), Make.Person("""{"plan": "pro", "paid": true}""")).Progress;

        Assert.Equal("First", first.Outcome);
        Assert.Equal((ProgressStatus.Completed, "goal"), (reached.Status, reached.Outcome));
    }

    [Fact]
    public void At_an_exit_it_changes_nothing()
    {
        var journey = Leaving(Tip, Bought, Pro);
        var done = Make.Enter(journey).Then(journey, new Signal.Reported("tip", ContentOutcome.Completed));

        var after = done.Then(journey, Seen("bought"), OfPro);

        Assert.Equal("plain", done.Progress.Outcome);
        Assert.Same(done.Progress, after.Progress);
        Assert.Empty(after.Notes);
    }

    [Fact]
    public void An_event_is_filtered_by_its_properties()
    {
        var large = new EventFilter("bought", new ConditionRule("properties.sum", Operator.Gt, Make.Json("10")));
        var journey = Leaving(Tip, new ExitRule("Large", null, large, "large"));
        var entered = Make.Enter(journey);

        Assert.Same(entered.Progress, entered.Then(journey, Seen("bought", """{"sum": 10}""")).Progress);
        Assert.Equal("large", entered.Then(journey, Seen("bought", """{"sum": 11}""")).Progress.Outcome);
    }

    [Fact]
    public void The_reason_is_the_alternative_that_held()
    {
        var either = new GroupRule(IsAnd: false, [new ConditionRule("traits.plan", Operator.Eq, Make.Json("\"team\"")), Pro.When!]);
        var journey = Leaving(Tip, new ExitRule("Either", either, null, ""));

        var left = Make.Enter(journey).Then(journey, new Signal.PersonChanged(), OfPro);

        Assert.Equal("exit:Either (traits.plan EQ \"pro\")", Assert.Single(left.Notes).Text);
    }

    [Fact]
    public void A_long_reason_is_cut()
    {
        var journey = Leaving(Tip, new ExitRule("Long", new ConditionRule("traits.plan", Operator.In, Make.Json($"""["pro", "{new string('x', 190)}"]""")), null, ""));
        var longer = Leaving(Tip, new ExitRule("Longer", new GroupRule(IsAnd: true, [.. Enumerable.Repeat(Pro.When!, 200)]), null, ""));

        Assert.DoesNotContain("...", Assert.Single(Make.Enter(journey).Then(journey, new Signal.PersonChanged(), OfPro).Notes).Text, StringComparison.Ordinal);
        var text = Assert.Single(Make.Enter(longer).Then(longer, new Signal.PersonChanged(), OfPro).Notes).Text;
        Assert.Equal("exit:Longer (".Length + 500 + "...)".Length, text.Length);
    }

    [Fact]
    public void Every_fault_is_reported_with_its_place()
    {
        var exits = new[]
        {
            new ExitRule("", null, null, ""),
            new ExitRule("Twice", null, new EventFilter(""), new string('x', 65)),
            new ExitRule("Twice", new ConditionRule("journey.gone.rating", Operator.Exists), null, ""),
            new ExitRule(new string('x', 65), new ConditionRule("properties.sum", Operator.Exists), null, ""),
        };

        var problems = GraphValidator.Validate(new([], []), goal: null, exits).Where(problem => problem.Field.StartsWith("exits", StringComparison.Ordinal));

        Assert.Equal(
            [
                ("MISSING", "exits[0].name"), ("INVALID_RULE", "exits[0].rule"), ("TOO_LONG", "exits[1].outcome"), ("MISSING", "exits[1].event.eventName"),
                ("UNKNOWN_NODE", "exits[2].rule"), ("DUPLICATE_NAME", "exits[2].name"), ("TOO_LONG", "exits[3].name"),
                ("INVALID_RULE", "exits[3].rule.condition.field"),
            ],
            problems.Select(problem => (problem.Code, problem.Field)));
    }

    [Fact]
    public void More_than_twenty_are_too_many()
    {
        var exits = Enumerable.Range(1, 21).Select(n => Bought with { Name = $"{n}" }).ToList();

        Assert.Contains(GraphValidator.Validate(new([], []), goal: null, exits), problem => problem is { Code: "INVALID_COUNT", Field: "exits" });
        Assert.DoesNotContain(GraphValidator.Validate(new([], []), goal: null, exits[1..]), problem => problem.Field.StartsWith("exits", StringComparison.Ordinal));
    }

    static Signal.EventSeen Seen(string name, string properties = "{}") => new(new PersonEvent(name, Make.Noon, Make.Json(properties)));

    static CompiledJourney Leaving(Node node, params ExitRule[] exits) => Leaving(node, goal: null, exits);

    static CompiledJourney Leaving(Node node, Goal? goal, params ExitRule[] exits) => Make.Around(node, goal, exits: exits);
}
