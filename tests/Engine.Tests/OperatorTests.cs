using System.Text.Json;

namespace Journeys.Engine.Tests;

/// <summary>Every operator over every type of field: missing, null, and what the value is not.</summary>
public sealed class OperatorTests
{
    static readonly string[] Fields = ["missing", "nothing", "five", "fiveText", "yes", "word", "list", "date", "object"];

    static readonly JsonElement Traits = Make.Json("""
        {"nothing": null, "five": 5.0, "fiveText": "5", "yes": true, "word": "Hello", "list": ["a", 5], "date": "2026-01-05T11:00:00Z", "object": {"five": 5}}
        """);

    // Which of the fields above hold, in their order.
    [Theory]
    [InlineData(Operator.Eq, "5", "..#......")]
    [InlineData(Operator.Eq, "\"5\"", "...#.....")]
    [InlineData(Operator.Eq, "true", "....#....")]
    [InlineData(Operator.Eq, "\"hello\"", ".........")]
    [InlineData(Operator.Eq, "[\"a\", 5.0]", "......#..")]
    [InlineData(Operator.Eq, "[5, \"a\"]", ".........")]
    [InlineData(Operator.Neq, "5", "##.######")]
    [InlineData(Operator.Gt, "4", "..#......")]
    [InlineData(Operator.Gt, "5", ".........")]
    [InlineData(Operator.Lt, "6", "..#......")]
    [InlineData(Operator.Lt, "5", ".........")]
    [InlineData(Operator.Gte, "5", "..#......")]
    [InlineData(Operator.Lte, "5", "..#......")]
    [InlineData(Operator.Contains, "\"L\"", ".....#...")]
    [InlineData(Operator.Contains, "\"a\"", "......#..")]
    [InlineData(Operator.Contains, "5", "......#..")]
    [InlineData(Operator.Contains, "\"5\"", "...#...#.")]
    [InlineData(Operator.NotContains, "\"L\"", "#####.###")]
    [InlineData(Operator.In, "[5, \"Hello\", true]", "..#.##...")]
    [InlineData(Operator.In, "[]", ".........")]
    [InlineData(Operator.NotIn, "[5, \"Hello\", true]", "##.#..###")]
    [InlineData(Operator.NotIn, "[]", "#########")]
    [InlineData(Operator.Exists, null, "..#######")]
    [InlineData(Operator.NotExists, null, "##.......")]
    [InlineData(Operator.Regex, "\"^[A-Z5]\"", "...#.#...")]
    [InlineData(Operator.StartsWith, "\"H\"", ".....#...")]
    [InlineData(Operator.StartsWith, "\"\"", "...#.#.#.")]
    [InlineData(Operator.EndsWith, "\"O\"", ".........")]
    [InlineData(Operator.EndsWith, "\"o\"", ".....#...")]
    [InlineData(Operator.Before, "\"2026-01-06\"", ".......#.")]
    [InlineData(Operator.After, "\"2026-01-05T11:00:00Z\"", ".........")]
    [InlineData(Operator.After, "\"2026-01-05T10:59:59Z\"", ".......#.")]
    [InlineData(Operator.WithinLast, "\"3600s\"", ".......#.")]
    [InlineData(Operator.WithinLast, "\"3599s\"", ".........")]
    [InlineData(Operator.NotWithinLast, "\"3600s\"", "#######.#")]
    public void An_operator_holds_for_exactly_these(Operator op, string? value, string expected)
    {
        var person = new Person { UserId = "u1", Traits = Traits };

        var holds = Fields.Select(field =>
        {
            var rule = new ConditionRule($"traits.{field}", op, value is null ? default : Make.Json(value));
            Assert.Empty(RuleValidator.Validate(rule, RuleScope.Person, "rule"));
            return RuleCompiler.Compile(rule)(new Facts(person, null, null, Make.Noon)) ? '#' : '.';
        });

        Assert.Equal(expected, string.Concat(holds));
    }

    [Fact]
    public void Every_operator_is_in_the_table() => Assert.Equal(
        Enum.GetValues<Operator>().ToHashSet(),
        typeof(OperatorTests).GetMethod(nameof(An_operator_holds_for_exactly_these))!.GetCustomAttributes(typeof(InlineDataAttribute), false)
            .Cast<InlineDataAttribute>().Select(row => (Operator)row.GetData(null!).Single()[0]).ToHashSet());

    [Theory]
    [InlineData("userId", "u1")]
    [InlineData("traits.deep.er", "trait")]
    [InlineData("role", "admin")]
    [InlineData("browser", "Firefox")]
    [InlineData("device.type", "phone")]
    [InlineData("device.os", "Android")]
    [InlineData("device.browser", "Chrome")]
    [InlineData("location.country.code", "DE")]
    [InlineData("journey.survey.answer", "nine")]
    [InlineData("entry.order.id", "o1")]
    [InlineData("properties.kind", "team")]
    public void Every_field_is_found_where_it_is(string field, string value)
    {
        var person = new Person
        {
            UserId = "u1",
            Traits = Make.Json("""{"deep": {"er": "trait"}}"""),
            Context = Make.Json("""
                {"role": "admin", "browser": "Firefox", "device": {"type": "phone", "os": "Android", "browser": "Chrome"}, "location": {"country": {"code": "DE"}}}
                """),
        };
        var happened = new PersonEvent("made", Make.Noon, Make.Json("""{"kind": "team"}"""));
        var rule = RuleCompiler.Compile(new ConditionRule(field, Operator.Eq, JsonSerializer.SerializeToElement(value)));

        Assert.True(rule(new Facts(person, new JourneyData("""{"survey": {"answer": "nine"}}""", """{"order": {"id": "o1"}}"""), happened, Make.Noon)));
        Assert.False(rule(new Facts(new Person(), null, null, Make.Noon)));
    }
}
