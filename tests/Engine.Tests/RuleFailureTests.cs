namespace Journeys.Engine.Tests;

public sealed class RuleFailureTests
{
    static readonly Guid Payers = Guid.NewGuid();

    static readonly Person Somebody = new()
    {
        UserId = "u1",
        Traits = Make.Json("""{"plan": "free", "seats": 3, "ends": "soon"}"""),
        Events = [new("paid", Make.Noon.AddDays(-1))],
        Audience = id => id == Payers ? RuleCompiler.Compile(PaysTwice) : null,
    };

    static Rule PaysTwice => new EventRule("paid", AtLeast: 2);

    static Rule IsPro => new ConditionRule("traits.plan", Operator.Eq, Make.Json("\"pro\""));

    static Rule HasSeats => new ConditionRule("traits.seats", Operator.Exists);

    public static TheoryData<Rule, string?> Rules => new()
    {
        { HasSeats, null },
        { IsPro, "traits.plan EQ \"pro\" (the value is \"free\")" },
        { new ConditionRule("traits.name", Operator.Exists), "traits.name EXISTS (the value is missing)" },
        { new ConditionRule("userId", Operator.Eq, Make.Json("\"u2\"")), "userId EQ \"u2\" (the value is \"u1\")" },
        {
            new ConditionRule("traits.ends", Operator.After, Make.Json("\"2026-01-01\"")),
            "traits.ends AFTER \"2026-01-01\" (the value is \"soon\", which is not an RFC 3339 date)"
        },
        { PaysTwice, "did paid at least 2 times (it happened 1 time)" },
        { new EventRule("paid", Within: TimeSpan.FromDays(7), AtLeast: 2), "did paid at least 2 times within 7 days (it happened 1 time)" },
        { new EventRule("paid", Within: TimeSpan.FromHours(36), AtLeast: 2), "did paid at least 2 times within 36 hours (it happened 1 time)" },
        { new EventRule("paid", Within: TimeSpan.FromSeconds(90)), "did paid at least 1 time within 90 seconds (it happened 0 times)" },
        { new ContentRule("flow"), "content flow was finished (it was not)" },
        { new NotRule(HasSeats), "not traits.seats EXISTS (but it is true)" },
        { new GroupRule(true, [HasSeats, IsPro, PaysTwice]), "traits.plan EQ \"pro\" (the value is \"free\")" },
        { new GroupRule(false, [IsPro, PaysTwice]), "any of these: traits.plan EQ \"pro\" (the value is \"free\"); did paid at least 2 times (it happened 1 time)" },
        { new GroupRule(false, [IsPro, HasSeats]), null },
        { new AudienceRule(Payers), "is in audience Payers: did paid at least 2 times (it happened 1 time)" },
        { new AudienceRule(Guid.Empty), $"is in audience {Guid.Empty} (there is no such audience)" },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_very_part_that_fails_is_named_with_what_is_there_instead(Rule rule, string? expected)
    {
        var failure = new RuleFailure(id => id == Payers ? ("Payers", PaysTwice) : null);

        Assert.Equal(expected, failure.Explain(rule, new Facts(Somebody, null, null, Make.Noon)));
    }

    [Fact]
    public void Audiences_in_a_circle_come_to_an_end()
    {
        Rule circle = new AudienceRule(Payers);
        var person = new Person { Audience = _ => RuleCompiler.Compile(circle) };

        var reason = new RuleFailure(_ => ("Circle", circle)).Explain(circle, new Facts(person, null, null, Make.Noon));

        Assert.Equal("is in audience Circle: is in audience Circle (as above)", reason);
    }

    [Fact]
    public void Audiences_that_name_each_other_many_times_are_told_briefly()
    {
        var ids = Enumerable.Range(0, 8).Select(_ => Guid.NewGuid()).ToArray();
        Rule Of(Guid id) => new GroupRule(false, [.. Enumerable.Repeat(Array.IndexOf(ids, id) is var n and > 0 ? new AudienceRule(ids[n - 1]) : IsPro, 100)]);
        var person = new Person { Traits = Make.Json("{}"), Audience = id => RuleCompiler.Compile(Of(id)) };

        var reason = new RuleFailure(id => ("A", Of(id))).Explain(new AudienceRule(ids[^1]), new Facts(person, null, null, Make.Noon));

        Assert.InRange(reason!.Length, 1, 10_000);
        Assert.EndsWith("and 80 more", reason, StringComparison.Ordinal);
    }
}
