using Journeys.Protos.Definition.V1;
using static Journeys.PopulationSimulation.Tests.Make;

namespace Journeys.PopulationSimulation.Tests;

public sealed class AssertionTests
{
    // Three of ten are pro, by their number.
    static readonly Design ByNumber = Design(
        """ "goal": {"rule": {"condition": {"field": "traits.no", "operator": "EQ", "value": "p1"}}}, """,
        [
            """{"id": "start", "trigger": {"manual": {}}}""", Wait("rest", "3600s"),
            """{"id": "plan", "condition": {"branches": [{"name": "pro", "rule": {"condition": {"field": "traits.no", "operator": "IN", "value": ["p0", "p1", "p2"]}}}]}}""",
            """{"id": "won", "exit": {"outcome": "won"}}""", """{"id": "lost", "exit": {"outcome": "lost"}}""",
        ],
        [Edge("start", "", "rest"), Edge("rest", "", "plan"), Edge("plan", "pro", "won"), Edge("plan", "else", "lost")]);

    [Theory]
    [InlineData(""" "share": {"of": "BRANCH", "name": "plan/pro", "atLeast": 3000, "atMost": 3000} """, true, 3)]
    [InlineData(""" "share": {"of": "BRANCH", "name": "plan/pro", "atLeast": 3001} """, false, 3)]
    [InlineData(""" "share": {"of": "OUTCOME", "name": "won", "atMost": 2999} """, false, 3)]
    [InlineData(""" "share": {"of": "NODE", "name": "plan", "atLeast": 10000} """, true, 10)]
    [InlineData(""" "share": {"of": "GOAL", "atLeast": 1000, "atMost": 1000} """, true, 1)]
    [InlineData(""" "count": {"of": "OUTCOME", "name": "lost", "atLeast": "7", "atMost": "7"} """, true, 7)]
    [InlineData(""" "count": {"of": "STOP_REASON", "name": "EXIT_RULE", "atLeast": "1"} """, false, 0)]
    [InlineData(""" "time": {"to": "plan", "percentile": 90, "atMost": "3600s"} """, true, 3_600_000)]
    [InlineData(""" "time": {"from": "rest", "to": "won", "percentile": 50, "atMost": "3599.999s"} """, false, 3_600_000)]
    [InlineData(""" "time": {"from": "won", "to": "lost", "percentile": 50, "atMost": "1s"} """, false, 0)]
    [InlineData(""" "finding": {"code": "NEVER_REACHED", "atMost": "0"} """, true, 0)]
    [InlineData(""" "finding": {"code": "NIGHT"} """, true, 0)]
    [InlineData(""" "never": {"nodeId": "won", "rule": {"condition": {"field": "traits.no", "operator": "EQ", "value": "p7"}}} """, true, 0)]
    [InlineData(""" "never": {"nodeId": "won", "rule": {"condition": {"field": "traits.no", "operator": "EQ", "value": "p2"}}} """, false, 1)]
    [InlineData(""" "coverage": {"branchesAtLeast": 10000} """, true, 4)]
    [InlineData(""" "sameAsBaseline": {"changedPeopleAtMost": "0"} """, true, 0)]
    public void What_must_come_of_it_is_compared_exactly(string assertion, bool passed, long actual)
    {
        var request = Request("", $$"""
            "assertions": [{ {{assertion}} }],
            """, population: """ "traits": [{"path": "no", "sequencePrefix": "p"}], """);

        var result = Run(Input(ByNumber, request, ByNumber));

        Assert.Equal((passed, actual, passed), (result.Report.Assertions[0].Passed, result.Report.Assertions[0].Actual, result.Passed));
        Assert.Equal(result.Report.Assertions[0].Message, result.Report.Assertions[0].Name);
    }

    [Fact]
    public void Of_nobody_no_share_holds()
    {
        var request = Request("", """ "entry": {}, "assertions": [{"name": "none", "share": {"of": "OUTCOME", "name": "won", "atMost": 10000}}], """);

        var assertion = Run(Input(ByNumber, request)).Report.Assertions[0];

        Assert.Equal(("none", false, 0, 0), (assertion.Name, assertion.Passed, assertion.Actual, assertion.Of));
    }
}
