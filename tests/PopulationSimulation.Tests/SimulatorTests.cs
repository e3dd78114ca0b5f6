using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using static Journeys.PopulationSimulation.Tests.Make;

namespace Journeys.PopulationSimulation.Tests;

/// <summary>Exact counts on ten people.</summary>
public sealed class SimulatorTests
{
    [Fact]
    public void Everybody_walks_and_every_step_is_counted()
    {
        var report = Report(Row([Content("tour"), Wait("rest", "259200s")]));

        Assert.Equal((10, 0, "COMPLETED done: 10"), (report.Entered, report.ReEntered, report.Endings()));
        var (tour, rest) = (report.Node("tour"), report.Node("rest"));
        Assert.Equal((10, 0, 10), (tour.Arrived, tour.HereAtEnd, Assert.Single(tour.Left).Count));
        Assert.Equal(("rest", "", 0, 10), (tour.Left[0].Target, tour.Left[0].Branch, tour.Left[0].Hours[0].Hour, tour.Left[0].Hours[0].Count));
        Assert.Equal((72, 10), (rest.Left[0].Hours[0].Hour, rest.Left[0].Hours[0].Count));
        Assert.Equal(TimeSpan.FromDays(3), rest.Stayed.P10.ToTimeSpan());
        Assert.Equal(TimeSpan.FromDays(3) + TimeSpan.FromSeconds(10), report.Endings[0].TimeToEnd.P99.ToTimeSpan());
        Assert.Equal((10, Start.AddDays(3)), (rest.PeakPerMinute.Count, rest.PeakPerMinute.Time.ToDateTimeOffset()));
        Assert.Equal((10, 1, 1, 10), (report.Shown.Offered, report.Shown.PerPersonP50, report.Shown.PerPersonP99, report.Shown.AtNight));
    }

    [Fact]
    public void A_timeline_ends_where_it_would_be_too_long_and_says_how_much_is_missing()
    {
        var text = new string('x', 1_000);
        var busy = $$$""" "activities": [{"eventName": "e", "every": "60s", "properties": [{"path": "x", "constant": "{{{text}}}"}]}] """;

        var person = Run(Input(Row([Wait("rest", "3600s")]), Request(busy, """ "keepTimelines": 1, """, people: 1))).People[0];
        var large = Run(Input(Row([Wait("rest", "3600s")]), Request(more: """ "keepTimelines": 1000, """, people: 1, population: $$$""" "traits": [{"path": "x", "constant": "{{{new string('x', 200_000)}}}"}], """))).People[0];

        // The simulation itself takes 10,000 events of a person.
        Assert.InRange(person.Happenings.Count, 500, 1_100);
        Assert.InRange(person.LeftOut, 8_000, 10_000);
        Assert.InRange(person.CalculateSize(), 500_000, 1_100_000);
        Assert.Equal((null, 6), (large.Traits, large.LeftOut));
    }

    [Fact]
    public void Who_is_not_through_at_the_end_stands_where_they_are()
    {
        var report = Report(Row([Wait("long", "1728000s")]));

        Assert.Equal(("ACTIVE : 10", 10), (report.Endings(), report.Node("long").HereAtEnd));
        Assert.Null(report.Node("long").Stayed);
    }

    [Fact]
    public void Triggers_let_in_whom_the_audience_has_and_say_whom_they_refused()
    {
        const string audience = "018f0000-0000-7000-8000-0000000000a1";
        var request = Request(
            """ "activities": [{"eventName": "signed_up", "dailyAt": "10:00"}] """,
            """ "entry": {}, "horizon": "259200s", """, population: """ "traits": [{"path": "no", "sequencePrefix": "p"}], """);
        var design = Row([Wait("rest", "2592000s")], $"\"audienceId\": \"{audience}\",");

        var report = Run(Input(design, request, null, Audience(audience, """{"condition": {"field": "traits.no", "operator": "IN", "value": ["p0", "p3", "p7"]}}"""))).Report.Design;

        // Three days: three who come on the first and are inside on the two others, seven who never may.
        Assert.Equal(3, report.Entered);
        Assert.Equal("ALREADY_INSIDE 6, NOT_IN_AUDIENCE 21", string.Join(", ", report.Refused.Select(refused => $"{refused.Reason} {refused.Count}")));
    }

    [Theory]
    [InlineData("", 10, 0, "NO_RETURN 20")]
    [InlineData("\"reEnrollment\": \"AFTER_EARLY_EXIT\",", 10, 0, "NO_RETURN 20")]
    [InlineData("\"reEnrollment\": \"ALWAYS\",", 10, 20, "")]
    [InlineData("\"reEnrollment\": \"ALWAYS\", \"reEnrollmentCooldown\": \"129600s\",", 10, 10, "TOO_SOON 10")]
    public void Who_is_through_comes_back_as_the_journey_says(string more, int entered, int again, string refused)
    {
        var request = Request(""" "activities": [{"eventName": "signed_up", "dailyAt": "10:00"}] """, """ "entry": {}, "horizon": "259200s", """);

        var report = Report(Row([Wait("rest", "60s")], more), request);

        Assert.Equal((entered, again), (report.Entered, report.ReEntered));
        Assert.Equal(refused, string.Join(", ", report.Refused.Select(reason => $"{reason.Reason} {reason.Count}")));
    }

    [Fact]
    public void Whom_the_audience_takes_comes_in_at_the_start_and_when_they_come_to_match()
    {
        const string audience = "018f0000-0000-7000-8000-0000000000a1";
        var request = Request(
            """
            "activities": [{"eventName": "paid", "dailyAt": "10:00", "perMilleOfPeople": 1000}],
            "traitChanges": [{"trait": "plan", "value": "pro", "after": {"eventName": "paid", "latency": {"fixed": "3600s"}}}]
            """,
            """ "entry": {}, "horizon": "172800s", """, population: """ "traits": [{"path": "no", "sequencePrefix": "p"}], """);
        var rule = """
            {"group": {"operator": "OR", "rules": [{"condition": {"field": "traits.no", "operator": "EQ", "value": "p4"}}, {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}]}}
            """;

        var report = Run(Input(Row([Wait("rest", "2592000s")], $"\"audienceId\": \"{audience}\", \"autoEnroll\": true,"), request, null, Audience(audience, rule))).Report.Design;

        Assert.Equal(10, report.Entered);
        Assert.Equal([(0, 1L), (11, 9L)], report.Node("start").Left[0].Hours.Select(hour => (hour.Hour, hour.Count)));
    }

    [Fact]
    public void An_audience_that_time_alone_changes_is_swept_as_live()
    {
        const string audience = "018f0000-0000-7000-8000-0000000000a1";
        var request = Request("", """ "entry": {}, "horizon": "172800s", """, population: """ "traits": [{"path": "ends", "dateFromStart": {"from": "86000s", "until": "86000s"}}], """);
        var rule = """{"condition": {"field": "traits.ends", "operator": "WITHIN_LAST", "value": "2592000s"}}""";

        var report = Run(Input(Row([Wait("rest", "2592000s")], $"\"audienceId\": \"{audience}\", \"autoEnroll\": true,"), request, null, Audience(audience, rule))).Report.Design;

        // 86,000 s is 95 sweeps of 15 minutes and some: the next one is at 86,400 s.
        Assert.Equal([(24, 10L)], report.Node("start").Left[0].Hours.Select(hour => (hour.Hour, hour.Count)));
    }

    [Theory]
    [InlineData("", "COMPLETED done: 10", 10)]
    [InlineData(""", "exitOnGoal": true""", "COMPLETED goal: 10", 10)]
    [InlineData(""", "deadline": "3600s", "exitOnGoal": true""", "COMPLETED done: 10", 0)]
    [InlineData(""", "deadline": "172800s", "exitOnGoal": true""", "COMPLETED goal: 10", 10)]
    public void The_goal_is_reached_in_time_or_not_at_all(string goal, string endings, int reached)
    {
        var request = Request(""" "activities": [{"eventName": "paid", "after": {"entry": true, "latency": {"fixed": "7200s"}}}] """);

        var report = Report(Row([Wait("rest", "259200s")], $$$""" "goal": {"rule": {"event": {"name": "paid", "atLeast": 1}} {{{goal}}} }, """), request);

        Assert.Equal((endings, reached), (report.Endings(), report.GoalReached));
        Assert.Equal(reached > 0 ? TimeSpan.FromHours(2) : null, report.TimeToGoal?.P50.ToTimeSpan());
    }

    [Theory]
    [InlineData("", "STOPPED EXIT_RULE: 10")]
    [InlineData("\"outcome\": \"early\",", "COMPLETED early: 10")]
    public void An_exit_rule_lets_people_go_wherever_they_are(string outcome, string endings)
    {
        var request = Request(""" "activities": [{"eventName": "cancelled", "after": {"nodeId": "rest", "latency": {"fixed": "7200s"}}}] """);

        var report = Report(Row([Wait("rest", "259200s")], $$$""" "exits": [{ {{{outcome}}} "name": "gone", "event": {"eventName": "cancelled"}}], """), request);

        Assert.Equal((endings, 0), (report.Endings(), report.Node("end").Arrived));
        Assert.Equal(TimeSpan.FromHours(2), report.Endings[0].TimeToEnd.P50.ToTimeSpan());
    }

    [Fact]
    public void Whom_an_exit_rule_holds_already_is_not_let_in_and_what_let_in_the_others_is_known()
    {
        const string activity = """ "activities": [{"eventName": "signed_up", "dailyAt": "10:00", "properties": [{"path": "plan", "oneOf": {"values": [{"value": "pro", "weight": 1}, {"value": "free", "weight": 1}]}}]}] """;
        const string exits = """ "exits": [{"name": "free", "rule": {"condition": {"field": "entry.plan", "operator": "EQ", "value": "free"}}}], """;

        var report = Report(Row([Wait("rest", "60s")], exits), Request(activity, """ "entry": {}, "horizon": "86400s", """, people: 1_000));

        var refused = Assert.Single(report.Refused);
        Assert.Equal(("EXIT_RULE_HOLDS", 1_000), (refused.Reason, refused.Count + report.Entered));
        Assert.InRange(report.Entered, 420, 580);
        Assert.DoesNotContain("FIELD_UNKNOWN", report.Codes());
    }

    [Fact]
    public void Answers_branch_and_outcomes_are_drawn_by_their_shares()
    {
        var design = Design(
            "",
            [
                """{"id": "start", "trigger": {"manual": {}}}""", Content("ask"),
                """{"id": "score", "condition": {"branches": [{"name": "good", "rule": {"condition": {"field": "journey.ask.rating", "operator": "GTE", "value": 4}}}]}}""",
                """{"id": "end", "exit": {"outcome": "done"}}""",
            ],
            [Edge("start", "", "ask"), Edge("ask", "", "score"), Edge("ask", "dismissed", "end"), Edge("score", "good", "end"), Edge("score", "else", "end")]);
        var request = Request(
            """
            "sessions": {"perWeekHundredths": 7000},
            "contents": [{"nodeId": "ask", "data": [{"path": "rating", "number": {"from": "1", "until": "5"}}],
              "outcomes": [{"outcome": "COMPLETED", "share": 5000}, {"outcome": "DISMISSED", "share": 3000}, {"outcome": "NOTHING", "share": 2000}]}]
            """, people: 10_000);

        var report = Report(design, request);

        // Five deviations each.
        Assert.InRange(report.Node("ask").Left.Single(left => left.Branch == "").Count, 5_000 - 250, 5_000 + 250);
        Assert.InRange(report.Node("ask").Left.Single(left => left.Branch == "dismissed").Count, 3_000 - 230, 3_000 + 230);
        Assert.InRange(report.Node("ask").HereAtEnd, 2_000 - 200, 2_000 + 200);
        var good = report.Node("score").Left.Single(left => left.Branch == "good").Count;
        Assert.InRange(good * 5.0 / (report.Node("score").Arrived * 2), 0.94, 1.06);
    }

    // Around both changes of the clocks: half past two is skipped, occurs twice, or comes after the hour that does.
    [Theory]
    [InlineData("Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("America/St_Johns", "2026-03-07T12:00:00Z", "2026-03-08T05:30:00Z")]
    [InlineData("America/St_Johns", "2026-10-31T12:00:00Z", "2026-11-01T06:00:00Z")]
    [InlineData("Australia/Lord_Howe", "2026-04-04T00:00:00Z", "2026-04-04T16:00:00Z")]
    [InlineData("UTC", "2026-03-28T12:00:00Z", "2026-03-29T02:30:00Z")]
    public void A_wait_for_half_past_two_keeps_to_the_calendar(string zone, string start, string left)
    {
        var request = Request("", $"\"startTime\": \"{start}\",", population: $$""" "zones": [{"value": "{{zone}}", "weight": 1}], """);

        var report = Report(Row(["""{"id": "night", "wait": {"localTime": {"time": "02:30"}}}"""]), request);

        Assert.Equal(DateTimeOffset.Parse(left, System.Globalization.CultureInfo.InvariantCulture), report.Node("night").PeakPerMinute.Time.ToDateTimeOffset());
    }

    [Fact]
    public void Content_is_finished_inside_a_session_only()
    {
        var request = Request(
            """
            "sessions": {"perWeekHundredths": 700, "from": "09:00", "until": "17:00", "length": {"fixed": "60s"}},
            "contents": [{"outcomes": [{"outcome": "COMPLETED", "share": 10000}], "latency": {"fixed": "90s"}}]
            """, population: """ "zones": [{"value": "Asia/Tokyo", "weight": 1}], """, people: 100);

        var kept = Run(Input(Row([Content("tour")]), request)).People;

        // A minute is not enough, so it takes half of a second session: on the second day, between 09:00:30 and 17:00:30 in Tokyo.
        Assert.Equal(100, kept.Count);
        Assert.All(kept, person =>
        {
            var at = person.Happenings.Single(happening => happening.Report is not null).Time.ToDateTimeOffset().AddHours(9);
            Assert.InRange(at.TimeOfDay, new TimeSpan(9, 0, 30), new TimeSpan(17, 0, 30));
            Assert.Equal(Start.AddHours(9).Day + 1, at.Day);
        });
    }

    [Fact]
    public void To_change_a_node_changes_nobody_who_never_comes_there()
    {
        for (var number = 0; number < 100; number++)
        {
            var journeys = new RandomJourneys(number);
            var (design, request) = journeys.Make(people: 10);
            var changed = design.Clone();
            if (changed.Graph.Nodes.FirstOrDefault(node => node.Content is not null) is not { } node)
                continue;
            node.Content.ContentId = "another";
            node.Content.ExpireAfter = node.Content.ExpireAfter is null ? null : Duration.FromTimeSpan(TimeSpan.FromMinutes(5));

            var before = Run(new(JourneyId, design, [journeys.Audience], request, RandomJourneys.Start)).People;
            var after = Run(new(JourneyId, changed, [journeys.Audience], request, RandomJourneys.Start)).People;

            foreach (var (one, other) in before.Zip(after).Where(pair => !pair.First.Attempts.Any(attempt => attempt.Visits.Any(visit => visit.NodeId == node.Id))))
                Assert.Equal(one, other);
        }
    }

    [Fact]
    public void The_baseline_has_the_same_people_and_the_report_says_who_fares_otherwise()
    {
        const string half = """{"id": "half", "condition": {"branches": [{"name": "yes", "rule": {"condition": {"field": "traits.size", "operator": "OP", "value": 3}}}]}}""";
        var before = Row([half.Replace("OP", "GT")], "", Edge("half", "yes", "won"), Edge("half", "else", "end"));
        before.Graph.Nodes.Add(JsonParser.Default.Parse<Protos.Graph.V1.Node>("""{"id": "won", "exit": {"outcome": "won"}}"""));
        before.Graph.Edges.Remove(before.Graph.Edges.Single(edge => edge.Source == "half" && edge.Branch.Length == 0));
        var after = JsonParser.Default.Parse<Protos.Definition.V1.Design>(before.ToString().Replace("GT", "GTE"));
        var request = Request("", people: 1_000, population: """ "traits": [{"path": "size", "number": {"from": "1", "until": "5"}}], """);

        var same = Run(Input(before, request, before)).Report;
        var changed = Run(Input(after, request, before)).Report;

        Assert.Equal((0, same.Design), (same.Comparison.ChangedPeople, same.Baseline));
        // Who is 3 goes the other way, and nobody else.
        var three = changed.Design.Node("won").Arrived - changed.Baseline.Node("won").Arrived;
        Assert.InRange(three, 140, 260);
        Assert.Equal(three, changed.Comparison.ChangedPeople);
        Assert.Equal(three, changed.Comparison.Endings.Single(change => change is { From: "COMPLETED done", To: "COMPLETED won" }).People);
        Assert.Equal(1_000, changed.Comparison.Endings.Sum(change => change.People));
    }

    [Fact]
    public void Three_of_every_ending_are_kept_before_others()
    {
        var request = Request("""
            "contents": [{"outcomes": [{"outcome": "NOTHING", "share": 9990}, {"outcome": "COMPLETED", "share": 10}], "latency": {"fixed": "1s"}}]
            """, "\"keepTimelines\": 6,", people: 8_000);

        var result = Run(Input(Row([Content("tour")]), request));

        Assert.Equal(6, result.People.Count);
        Assert.Equal(3, result.People.Count(person => person.Attempts[0].Status == "COMPLETED"));
    }

    [Fact]
    public void Whom_the_report_names_is_kept()
    {
        var request = Request(""" "contents": [{"outcomes": [{"outcome": "NOTHING", "share": 10000}]}] """, "\"keepTimelines\": 6,", people: 100);

        var result = Run(Input(Row([Content("tour")]), request));

        var named = result.Report.Design.Findings.SelectMany(finding => finding.People).Distinct().ToList();
        Assert.NotEmpty(named);
        Assert.Empty(named.Except(result.People.Select(person => person.Index)));
    }

    [Fact]
    public void Somebody_whose_steps_cause_more_than_can_happen_is_cut_off_and_it_is_told()
    {
        var later = string.Join(',', Enumerable.Range(0, 99).Select(n => $$$$"""{"eventName": "later_{{{{n}}}}", "after": {"eventName": "echo", "latency": {"fixed": "86400000s"}}}"""));
        var request = Request($$""" "activities": [{"eventName": "echo", "every": "60s"}, {{later}}] """, "\"horizon\": \"18000s\",", people: 1);

        var report = Run(Input(Row([Wait("rest", "60s")]), request)).Report;

        Assert.Contains("TOO_BUSY", report.Design.Codes());
    }

    [Fact]
    public void Somebody_who_never_rests_is_cut_off_and_it_is_told()
    {
        var request = Request(""" "activities": [{"eventName": "signed_up", "every": "60s"}, {"eventName": "echo", "after": {"eventName": "echo"}}] """, people: 2);

        var report = Run(Input(Row([Wait("rest", "60s")]), request)).Report;

        Assert.Equal(["TOO_BUSY"], report.Design.Codes().Where(code => code == "TOO_BUSY"));
        Assert.Single(report.Approximations);
    }
}
