namespace Journeys.Engine.Tests;

public sealed class RuleCostTests
{
    static readonly Guid[] Ids = [.. Enumerable.Range(0, 20).Select(_ => Guid.NewGuid())];

    static GroupRule AnyOf(int count, Rule part) => new GroupRule(false, [.. Enumerable.Repeat(part, count)]);

    static Rule Plan => new ConditionRule("traits.plan", Operator.Eq, Make.Json("\"pro\""));

    static ConditionRule Matches(string pattern) => new ConditionRule("traits.s", Operator.Regex, System.Text.Json.JsonSerializer.SerializeToElement(pattern));

    // Each audience asks the one before it a hundred times.
    static GroupRule? Hundredfold(Guid id) => Array.IndexOf(Ids, id) switch
    {
        < 0 => null,
        0 => AnyOf(100, Plan),
        var n => AnyOf(100, new AudienceRule(Ids[n - 1])),
    };

    [Fact]
    public void Nested_audiences_are_counted_as_if_written_out_and_counting_is_cheap()
    {
        var costs = new RuleCosts(Hundredfold);

        Assert.Equal(new RuleCost(101), costs.Of(Hundredfold(Ids[0])!));
        Assert.Equal(new RuleCost(1 + (100 * 102), Levels: 1), costs.Of(Hundredfold(Ids[1])!));
        Assert.Equal(new RuleCost(1_000_000, Levels: 19), costs.Of(Hundredfold(Ids[19])!));
    }

    [Theory]
    [InlineData(1, "must have at most 1,000 parts, including those of the audiences it names; it has 10,201.")]
    [InlineData(19, "must have at most 1,000 parts, including those of the audiences it names; it has over 1,000,000.")]
    public void Too_many_parts_are_told_with_their_number(int audience, string expected) =>
        Assert.Equal(expected, new RuleCosts(Hundredfold).Of(Hundredfold(Ids[audience])!).Fault);

    [Fact]
    public void Regular_expressions_and_levels_are_bounded_too()
    {
        var costs = new RuleCosts(id => Array.IndexOf(Ids, id) is var n and > 0 ? new AudienceRule(Ids[n - 1]) : Plan);

        Assert.Null(costs.Of(AnyOf(20, Matches("a{100}"))).Fault);
        Assert.EndsWith("; it has 21.", costs.Of(AnyOf(21, Matches("a"))).Fault);
        Assert.EndsWith("; it has 2,020.", costs.Of(AnyOf(20, Matches("a{101}"))).Fault);
        Assert.Null(costs.Of(new AudienceRule(Ids[9])).Fault);
        Assert.Equal("must nest audiences at most 10 levels deep; it nests 11.", costs.Of(new AudienceRule(Ids[10])).Fault);
    }

    [Fact]
    public void A_circle_and_a_long_chain_are_counted()
    {
        var chain = Enumerable.Range(0, 100_000).Select(_ => Guid.NewGuid()).ToArray();
        var next = chain.Zip(chain.Skip(1)).ToDictionary(pair => pair.First, pair => pair.Second);
        var costs = new RuleCosts(id => next.TryGetValue(id, out var inner) ? new AudienceRule(inner) : Plan);
        var circle = new RuleCosts(id => new AudienceRule(id));

        Assert.Equal(100_000, costs.Of(new AudienceRule(chain[0])).Levels);
        Assert.Equal(2, circle.Of(new AudienceRule(Ids[0])).Parts);
    }

    [Fact]
    public void An_audience_is_evaluated_once_however_often_it_is_named()
    {
        var asked = 0;
        var person = new Person
        {
            Traits = Make.Json("""{"plan": "free"}"""),
            Audience = id =>
            {
                asked++;
                return RuleCompiler.Compile(Hundredfold(id)!);
            },
        };

        Assert.False(RuleCompiler.Compile(new AudienceRule(Ids[9]))(new Facts(person, null, null, Make.Noon)));
        Assert.Equal(10, asked);
    }
}
