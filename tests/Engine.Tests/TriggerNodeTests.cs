namespace Journeys.Engine.Tests;

public sealed class TriggerNodeTests
{
    static bool Matches(Trigger trigger, PersonEvent happened)
    {
        var graph = new JourneyGraph([new TriggerNode("t", trigger), new ExitNode("end", "done")], [new("e", "t", "end")]);
        return CompiledJourney.Compile(Make.JourneyId, graph).Triggers[0].Matches(happened, Make.Person(), Make.Noon);
    }

    [Theory]
    [InlineData(UrlMatchType.Exact, "https://x.io/a", true)]
    [InlineData(UrlMatchType.Exact, "https://x.io", false)]
    [InlineData(UrlMatchType.Contains, "x.io", true)]
    [InlineData(UrlMatchType.StartsWith, "https://", true)]
    [InlineData(UrlMatchType.EndsWith, "/a", true)]
    [InlineData(UrlMatchType.EndsWith, "/b", false)]
    [InlineData(UrlMatchType.Regex, "^https://[a-z.]+/a$", true)]
    public void A_page_visit_matches_by_its_url(UrlMatchType type, string pattern, bool expected) =>
        Assert.Equal(expected, Matches(new UrlMatchTrigger(type, pattern), new PersonEvent("page", Make.Noon, Url: "https://x.io/a")));

    [Fact]
    public void A_click_matches_by_its_selector()
    {
        var click = new PersonEvent("click", Make.Noon, Make.Json("""{"selector": "#buy"}"""));

        Assert.True(Matches(new ElementClickTrigger("#buy"), click));
        Assert.False(Matches(new ElementClickTrigger("#sell"), click));
    }

    [Fact]
    public void A_custom_event_matches_by_name_and_properties()
    {
        var trigger = new CustomEventTrigger("bought", new ConditionRule("properties.price", Operator.Gt, Make.Json("10")));

        Assert.True(Matches(trigger, new PersonEvent("bought", Make.Noon, Make.Json("""{"price": 11}"""))));
        Assert.False(Matches(trigger, new PersonEvent("bought", Make.Noon, Make.Json("""{"price": "11"}"""))));
    }
}
