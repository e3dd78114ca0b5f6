using Journeys.Protos.Definition.V1;
using Journeys.Protos.Simulation.V1;
using static Journeys.PopulationSimulation.Tests.Make;

namespace Journeys.PopulationSimulation.Tests;

/// <summary>Every finding has a journey that shows it and one that does not.</summary>
public sealed class FindingsTests
{
    const string Hold = """{"id": "hold", "waitForEvent": {"events": [{"eventName": "paid"}]}}""";
    const string Paying = """ "activities": [{"eventName": "paid", "dailyAt": "09:00"}] """;
    const string Plan = """{"id": "plan", "condition": {"branches": [{"name": "yes", "rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}}]}}""";
    const string Pro = """ "traits": [{"path": "plan", "oneOf": {"values": [{"value": "pro", "weight": 1}, {"value": "free", "weight": 1}]}}], """;
    const string AllPro = """ "traits": [{"path": "plan", "constant": "pro"}], """;

    static readonly Design ByPlan = Design(
        "", ["""{"id": "start", "trigger": {"manual": {}}}""", Plan, """{"id": "end", "exit": {"outcome": "done"}}"""],
        [Edge("start", "", "plan"), Edge("plan", "yes", "end"), Edge("plan", "else", "end")]);

    static IReadOnlyList<string> Codes(Design design, SimulationRequest request) => Report(design, request).Codes();

    [Fact]
    public void Stuck_forever_is_who_waits_for_what_nobody_does()
    {
        Assert.Contains("STUCK_FOREVER hold", Codes(Row([Hold]), Request()));
        Assert.DoesNotContain("STUCK_FOREVER hold", Codes(Row([Hold]), Request(Paying, """ "horizon": "3600s", """)));
        Assert.Contains("STUCK_FOREVER tour", Codes(Row([Content("tour")]), Request(""" "contents": [{"outcomes": [{"outcome": "NOTHING", "share": 10000}]}] """)));
        Assert.DoesNotContain(
            "STUCK_FOREVER tour",
            Codes(Row([Content("tour")], """ "exits": [{"name": "gone", "event": {"eventName": "paid"}}], """), Request($$""" "contents": [{"outcomes": [{"outcome": "NOTHING", "share": 10000}]}], {{Paying}} """, """ "horizon": "3600s", """)));
    }

    [Fact]
    public void Ways_that_nobody_takes_are_found()
    {
        var content = Row([Content("tour"), Wait("rest", "60s")], "", Edge("tour", "dismissed", "end"));
        Assert.Contains("BRANCH_NEVER_TAKEN tour", Codes(content, Request()));
        Assert.DoesNotContain("BRANCH_NEVER_TAKEN tour", Codes(content, Request("""
            "sessions": {"perWeekHundredths": 7000}, "contents": [{"outcomes": [{"outcome": "COMPLETED", "share": 5000}, {"outcome": "DISMISSED", "share": 5000}]}]
            """, people: 100)));
        Assert.Contains("NEVER_REACHED end", Codes(Row([Wait("long", "8640000s")]), Request()));
        Assert.DoesNotContain("NEVER_REACHED end", Codes(Row([Wait("short", "60s")]), Request()));
        Assert.Contains("ALWAYS_SAME_BRANCH plan", Codes(ByPlan, Request(population: AllPro)));
        Assert.DoesNotContain("ALWAYS_SAME_BRANCH plan", Codes(ByPlan, Request(population: Pro, people: 100)));
    }

    [Fact]
    public void A_field_that_nobody_has_is_found()
    {
        Assert.Contains("FIELD_UNKNOWN plan", Codes(ByPlan, Request(population: Pro.Replace("\"plan\"", "\"plann\""))));
        Assert.DoesNotContain("FIELD_UNKNOWN plan", Codes(ByPlan, Request(population: Pro)));
        Assert.DoesNotContain("FIELD_UNKNOWN plan", Codes(ByPlan, Request(""" "traitChanges": [{"trait": "plan", "value": "pro", "after": {"entry": true}}] """)));
    }

    [Fact]
    public void Waits_that_hold_nobody_are_found()
    {
        const string date = """{"id": "w", "wait": {"date": "DATE"}}""";
        const string trait = """{"id": "w", "wait": {"traitDate": {"trait": "ends", "offset": "-60s"}}}""";
        Assert.Contains("TIME_PASSED w", Codes(Row([date.Replace("DATE", "2026-02-01T00:00:00Z")]), Request()));
        Assert.DoesNotContain("TIME_PASSED w", Codes(Row([date.Replace("DATE", "2026-03-01T00:00:00Z")]), Request()));
        Assert.Contains("TRAIT_NOT_A_DATE w", Codes(Row([trait]), Request(population: """ "traits": [{"path": "ends", "constant": "soon"}], """)));
        Assert.DoesNotContain("TRAIT_NOT_A_DATE w", Codes(Row([trait]), Request(population: """ "traits": [{"path": "ends", "dateFromStart": {"from": "86400s", "until": "172800s"}}], """)));
    }

    [Fact]
    public void Many_at_once_and_many_at_night_are_found()
    {
        var report = Codes(Row([Wait("rest", "3600s"), Content("tour")]), Request(people: 200));
        Assert.Contains("BURST rest", report);
        Assert.Contains("NIGHT tour", report);

        // Spread over ten days, a few a minute at most; and at nine in the morning.
        const string nine = """{"id": "nine", "wait": {"localTime": {"time": "09:00"}}}""";
        var spread = """ "entry": {"spread": {"span": "864000s"}}, """;
        Assert.DoesNotContain("BURST rest", Codes(Row([Wait("rest", "3600s")]), Request(more: spread, people: 200)));
        Assert.DoesNotContain("NIGHT tour", Codes(Row([nine, Content("tour")]), Request(more: spread, people: 200)));
    }

    [Fact]
    public void Somebody_who_is_shown_too_much_or_goes_round_and_round_is_found()
    {
        string[] six = [.. Enumerable.Range(0, 6).Select(i => Content($"c{i}"))];
        Assert.Contains("CROWDED", Codes(Row(six), Request()));
        Assert.DoesNotContain("CROWDED", Codes(Row(six[1..]), Request()));

        const string often = """ "activities": [{"eventName": "signed_up", "every": "3600s"}] """;
        var back = Row([Wait("rest", "60s")], "\"reEnrollment\": \"ALWAYS\",");
        Assert.Contains("CIRCLE", Codes(back, Request(often, """ "entry": {}, """)));
        Assert.DoesNotContain("CIRCLE", Codes(Row([Wait("rest", "60s")]), Request(often, """ "entry": {}, """)));
    }

    [Fact]
    public void Whoever_comes_in_again_at_once_without_end_is_found()
    {
        const string again = """ "traitChanges": [{"trait": "plan", "value": "pro", "after": {"entry": true}}], "activities": [{"eventName": "signed_up", "every": "3600s"}] """;
        var circle = Row([], $"\"reEnrollment\": \"ALWAYS\", \"audienceId\": \"{RandomJourneys.AudienceId}\", \"autoEnroll\": true,");
        var everybody = Audience(RandomJourneys.AudienceId, """{"condition": {"field": "traits.plan", "operator": "EXISTS"}}""");

        var codes = Run(Input(circle, Request(again, """ "entry": {}, """, people: 1, AllPro), null, everybody)).Report.Design.Codes();

        Assert.Superset(new HashSet<string> { "CIRCLE", "TOO_BUSY" }, codes.ToHashSet());
    }

    [Fact]
    public void Who_is_never_let_in_is_found()
    {
        var found = Assert.Single(Report(Row([Wait("rest", "60s")]), Request(Paying, """ "entry": {}, """)).Findings);
        Assert.Equal(("ENTRY_NEVER", 10, 5), (found.Code, found.Count, found.People.Count));
        Assert.Equal("10 of 10 people in the audience never entered: signed_up did not let them enter.", found.Message);
        Assert.DoesNotContain("ENTRY_NEVER", Codes(Row([Wait("rest", "60s")]), Request(""" "activities": [{"eventName": "signed_up", "dailyAt": "09:00"}] """, """ "entry": {}, """)));
    }
}
