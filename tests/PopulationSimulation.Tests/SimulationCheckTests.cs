using Journeys.Protos.Simulation.V1;
using static Journeys.PopulationSimulation.Tests.Make;

namespace Journeys.PopulationSimulation.Tests;

/// <summary>What cannot be simulated is refused with the field that is at fault.</summary>
public sealed class SimulationCheckTests
{
    const string Shares = """{"outcome": "COMPLETED", "share": 9999}""";

    [Theory]
    [InlineData($$""" "contents": [{"outcomes": [{{Shares}}]}] """, "behavior.contents[0].outcomes")]
    [InlineData(""" "contents": [{"nodeId": "nowhere"}] """, "behavior.contents[0].nodeId")]
    [InlineData(""" "contents": [{"nodeId": "end"}] """, "behavior.contents[0].nodeId")]
    [InlineData(""" "contents": [{"latency": {}}] """, "behavior.contents[0].latency")]
    [InlineData(""" "contents": [{"latency": {"uniform": {"from": "2s", "until": "1s"}}}] """, "behavior.contents[0].latency.uniform.until")]
    [InlineData(""" "contents": [{"data": [{"path": "a..b", "constant": 1}]}] """, "behavior.contents[0].data[0].path")]
    [InlineData(""" "sessions": {"from": "22:00", "until": "08:00"} """, "behavior.sessions.until")]
    [InlineData(""" "sessions": {"from": "24:00"} """, "behavior.sessions.from")]
    [InlineData(""" "activities": [{"eventName": "go"}] """, "behavior.activities[0]")]
    [InlineData(""" "activities": [{"eventName": "go", "every": "0.5s"}] """, "behavior.activities[0].every")]
    [InlineData(""" "activities": [{"every": "5s"}] """, "behavior.activities[0].eventName")]
    [InlineData(""" "activities": [{"eventName": "go", "after": {"nodeId": "nowhere"}}] """, "behavior.activities[0].after.nodeId")]
    [InlineData(""" "traitChanges": [{"trait": "x"}] """, "behavior.traitChanges[0].after")]
    public void Behavior_is_looked_at(string behavior, string field) => Refused(Request(behavior), field);

    [Theory]
    [InlineData("\"horizon\": \"0s\",", "horizon")]
    [InlineData("\"horizon\": \"-1s\",", "horizon")]
    [InlineData("\"horizon\": \"34646400s\",", "horizon")]
    [InlineData("\"keepTimelines\": 1001,", "keepTimelines")]
    [InlineData("\"keepTimelines\": -1,", "keepTimelines")]
    [InlineData("\"entry\": {\"spread\": {\"span\": \"34646400s\"}},", "entry.spread.span")]
    [InlineData("\"assertions\": [{}],", "assertions[0]")]
    [InlineData("\"assertions\": [{\"sameAsBaseline\": {}}],", "assertions[0].sameAsBaseline")]
    [InlineData("\"assertions\": [{\"share\": {\"of\": \"NODE\", \"name\": \"nowhere\", \"atLeast\": 1}}],", "assertions[0].share.name")]
    [InlineData("\"assertions\": [{\"share\": {\"of\": \"GOAL\"}}],", "assertions[0].share")]
    [InlineData("\"assertions\": [{\"finding\": {\"code\": \"NONE\"}}],", "assertions[0].finding.code")]
    [InlineData("\"assertions\": [{\"never\": {\"nodeId\": \"tour\"}}],", "assertions[0].never.rule")]
    public void The_request_is_looked_at(string more, string field) => Refused(Request("", more), field);

    [Fact]
    public void Limits_are_kept()
    {
        var many = Request();
        many.Assertions.AddRange(Enumerable.Range(0, 101).Select(_ => new Assertion { Coverage = new() }));
        Refused(many, "assertions");
        var large = Request();
        large.Behavior.Activities.Add(new Behavior.Types.Activity { EventName = "go", DailyAt = "09:00", Properties = { new DataGenerator { Path = "x", SequencePrefix = new string('x', 257 * 1024) } } });
        Refused(large, "behavior");
        Refused(Request(population: $$$""" "traits": [{"path": "x", "constant": "{{{new string('x', 257 * 1024)}}}"}], """), "population");
        Refused(Request(population: $$$""" "traits": [{{{string.Join(',', Enumerable.Repeat("""{"path": "a", "constant": 1}""", 101))}}}], """), "population.invented.traits");
        Refused(Request(population: $$$""" "traits": [{"path": "{{{string.Join('.', Enumerable.Repeat("a", 21))}}}", "constant": 1}], """), "population.invented.traits[0].path");
        Refused(Request(people: 1_000_001), "population.invented.people");
        Refused(Request(people: -1), "population.invented.people");
        Refused(new(), "population.invented");
        Assert.Equal("POPULATION_EMPTY", SimulationCheck.FaultsOf(Input(Row([Content("tour")]), Request(people: 0)))!.Reason);
        Refused(Request(population: """ "zones": [{"value": "Mars/Olympus", "weight": 1}], """), "population.invented.zones[0].value");
        Refused(Request(population: """ "roles": [{"value": "admin"}], """), "population.invented.roles[0].weight");
    }

    [Fact]
    public void A_design_is_held_to_what_a_publication_asks()
    {
        var design = Row([Content("tour")], """ "audienceId": "018f0000-0000-7000-8000-0000000000a9", """);
        design.Graph.Edges.RemoveAt(1);

        var unfit = SimulationCheck.FaultsOf(Input(design, Request(), Row([], "\"timeZone\": \"Mars/Olympus\",")));

        Assert.Equal("GRAPH_INVALID", unfit!.Reason);
        Assert.Superset(
            new HashSet<string>(["MISSING_EDGE", "UNKNOWN_AUDIENCE", "INVALID_ZONE"]), unfit.Problems.Select(problem => problem.Code).ToHashSet());
        Assert.Contains(unfit.Problems, problem => problem.Field == "baseline.timeZone");
    }

    [Theory]
    [InlineData("\"exits\": [{\"leftAudience\": true}],", "NO_AUDIENCE", "exits[0].leftAudience")]
    [InlineData("\"autoEnroll\": true,", "NO_AUDIENCE", "audienceId")]
    [InlineData("\"audienceId\": \"everybody\",", "INVALID_ID", "audienceId")]
    [InlineData("\"exits\": [{\"name\": \"a\", \"outcome\": \"b\", \"rule\": {\"audience\": {\"audienceId\": \"x\"}}}],", "INVALID_RULE", "exits[0].rule.audience.audienceId")]
    [InlineData(
        "\"exits\": [{\"rule\": {\"audience\": {\"audienceId\": \"018f0000-0000-7000-8000-0000000000a9\"}}}],", "UNKNOWN_AUDIENCE",
        "exits[0].rule.audience.audienceId")]
    public void A_field_that_cannot_be_published_is_named(string more, string code, string field)
    {
        var unfit = SimulationCheck.FaultsOf(Input(Row([Content("tour")], more)));

        Assert.Equal(("GRAPH_INVALID", (code, field)), (unfit?.Reason, (unfit!.Problems[0].Code, unfit.Problems[0].Field)));
    }

    static void Refused(SimulationRequest request, string field)
    {
        var unfit = SimulationCheck.FaultsOf(Input(Row([Content("tour")]), request));

        Assert.Equal(("INVALID_INPUT", field), (unfit?.Reason, unfit?.Problems[0].Field));
    }
}
