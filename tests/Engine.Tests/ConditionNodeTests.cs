namespace Journeys.Engine.Tests;

public sealed class ConditionNodeTests
{
    static readonly CompiledJourney Journey = Make.Around(new ConditionNode("plan",
    [
        new("pro", new ConditionRule("traits.plan", Operator.Eq, Make.Json("\"pro\""))),
        new("paying", new ConditionRule("traits.plan", Operator.Exists)),
    ]));

    [Theory]
    [InlineData("""{"plan": "pro"}""", "pro", "traits.plan EQ \"pro\"")]
    [InlineData("""{"plan": "team"}""", "paying", "traits.plan EXISTS")]
    [InlineData("""{"plan": null}""", "else", "no rule matched")]
    public void The_first_branch_that_holds_is_taken_and_the_history_says_which_rule(string traits, string expected, string detail)
    {
        var entered = Make.Enter(Journey, Make.Person(traits));

        Assert.Equal(expected, entered.Progress.Outcome);
        Assert.Equal((expected, detail), (entered.Visits[^1].Branch, entered.Visits[^1].Detail));
    }
}
