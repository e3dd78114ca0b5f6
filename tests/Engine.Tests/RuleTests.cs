namespace Journeys.Engine.Tests;

public sealed class RuleTests
{
    const string Traits = """
        {"n": 5, "s": "Hello World", "b": true, "list": ["a", "B"], "nothing": null, "deep": {"x": 1}, "when": "2026-01-05T11:00:00Z", "day": "2026-01-01"}
        """;

    [Theory]
    [InlineData(RuleScope.Person, false)]
    [InlineData(RuleScope.Journey, true)]
    [InlineData(RuleScope.Event, false)]
    [InlineData(RuleScope.EventOfEnrollment, true)]
    public void What_let_the_person_in_is_asked_only_inside_a_run(RuleScope scope, bool mayAsk)
    {
        var rule = new ConditionRule("entry.kind", Operator.Exists);

        Assert.Equal(mayAsk, RuleValidator.Validate(rule, scope, "rule").Count == 0);
        Assert.NotEmpty(RuleValidator.Validate(rule with { Field = "entry" }, scope, "rule"));
    }

    [Theory]
    [InlineData("traits.n", Operator.Eq, "5.0", true)]
    [InlineData("traits.n", Operator.Eq, "\"5\"", false)]
    [InlineData("traits.missing", Operator.Eq, "5", false)]
    [InlineData("traits.n", Operator.Neq, "6", true)]
    [InlineData("traits.missing", Operator.Neq, "6", true)]
    [InlineData("traits.n", Operator.Gt, "4", true)]
    [InlineData("traits.s", Operator.Gt, "4", false)]
    [InlineData("traits.n", Operator.Lte, "5", true)]
    [InlineData("traits.missing", Operator.Lt, "5", false)]
    [InlineData("traits.s", Operator.Contains, "\"LLO w\"", true)]
    [InlineData("traits.list", Operator.Contains, "\"a\"", true)]
    [InlineData("traits.list", Operator.Contains, "\"b\"", false)]
    [InlineData("traits.missing", Operator.NotContains, "\"b\"", true)]
    [InlineData("traits.n", Operator.In, "[4, 5]", true)]
    [InlineData("traits.missing", Operator.NotIn, "[4, 5]", true)]
    [InlineData("traits.deep.x", Operator.Exists, null, true)]
    [InlineData("traits.nothing", Operator.Exists, null, false)]
    [InlineData("traits.nothing", Operator.NotExists, null, true)]
    [InlineData("traits.s", Operator.Regex, "\"^H.*d$\"", true)]
    [InlineData("traits.s", Operator.StartsWith, "\"hello\"", false)]
    [InlineData("traits.s", Operator.StartsWith, "\"Hello\"", true)]
    [InlineData("traits.s", Operator.EndsWith, "\"World\"", true)]
    [InlineData("traits.when", Operator.Before, "\"2026-01-05T12:00:00+00:00\"", true)]
    [InlineData("traits.day", Operator.After, "\"2025-12-31T23:59:59Z\"", true)]
    [InlineData("traits.s", Operator.Before, "\"2026-01-05\"", false)]
    [InlineData("traits.when", Operator.WithinLast, "\"3600s\"", true)]
    [InlineData("traits.when", Operator.WithinLast, "\"3599s\"", false)]
    [InlineData("traits.missing", Operator.NotWithinLast, "\"60s\"", true)]
    [InlineData("userId", Operator.Eq, "\"u1\"", true)]
    public void Operators_mean_what_they_say(string field, Operator op, string? value, bool expected)
    {
        var rule = new ConditionRule(field, op, value is null ? default : Make.Json(value));

        Assert.Empty(RuleValidator.Validate(rule, RuleScope.Person, "rule"));
        Assert.Equal(expected, RuleCompiler.Compile(rule)(new Facts(Make.Person(Traits), null, null, Make.Noon)));
    }

    [Theory]
    [InlineData(2, null, true)]
    [InlineData(3, null, false)]
    [InlineData(1, 3_600, true)]
    [InlineData(2, 3_600, false)]
    public void Events_are_counted(int atLeast, int? withinSeconds, bool expected)
    {
        var person = Make.Person(events: [new("paid", Make.Noon.AddMinutes(-10)), new("paid", Make.Noon.AddDays(-10)), new("seen", Make.Noon)]);
        var rule = new EventRule("paid", null, withinSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null, atLeast);

        Assert.Equal(expected, RuleCompiler.Compile(rule)(new Facts(person, null, null, Make.Noon)));
    }

    [Theory]
    [InlineData("nowhere.x", Operator.Exists, null, "rule.condition.field")]
    [InlineData("properties.x", Operator.Exists, null, "rule.condition.field")]
    [InlineData("traits..x", Operator.Exists, null, "rule.condition.field")]
    [InlineData("traits.n", Operator.Gt, "\"5\"", "rule.condition.value")]
    [InlineData("traits.n", Operator.Regex, "\"(a)\\\\1\"", "rule.condition.value")]
    [InlineData("traits.n", Operator.WithinLast, "\"5 days\"", "rule.condition.value")]
    public void Faults_name_their_field(string field, Operator op, string? value, string expected)
    {
        var problems = RuleValidator.Validate(new ConditionRule(field, op, value is null ? default : Make.Json(value)), RuleScope.Person, "rule");

        Assert.Equal(expected, Assert.Single(problems).Field);
    }

    [Theory]
    [InlineData("a+?")]
    [InlineData("(?=x)")]
    [InlineData("(?i)x")]
    [InlineData("[[:alpha:]]")]
    [InlineData("(x")]
    [InlineData("*")]
    [InlineData("a{999}")]
    [InlineData(@"\bx")]
    public void Expressions_outside_the_subset_are_refused(string pattern)
    {
        Assert.Null(RegexMatcher.For(pattern));
        Assert.Null(RegexSubset.ToPostgres(pattern));
    }

    [Fact]
    public void A_circle_of_audiences_matches_nobody()
    {
        var id = Guid.NewGuid();
        RulePredicate circle = RuleCompiler.Compile(new AudienceRule(id));
        var person = new Person { Audience = _ => circle };

        Assert.False(circle(new Facts(person, null, null, Make.Noon)));
    }
}
