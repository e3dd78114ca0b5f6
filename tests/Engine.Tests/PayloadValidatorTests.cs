using System.Text.Json;

namespace Journeys.Engine.Tests;

/// <summary>What the SDK cannot show is a problem before anybody should see it.</summary>
public sealed class PayloadValidatorTests
{
    [Theory]
    [InlineData("TOOLTIP", """{"title": "Save"}""", "selector", "MISSING")]
    [InlineData("BEACON", """{"title": "Save", "selector": ""}""", "selector", "MISSING")]
    [InlineData("TOOLTIP", """{"selector": "#a", "placement": "below"}""", "placement", "INVALID_VALUE")]
    [InlineData("TOOLTIP", """{"selector": "#a", "fallback": true}""", "fallback", "INVALID_VALUE")]
    [InlineData("ANNOUNCEMENT", """{"titel": "Hi"}""", "titel", "UNKNOWN_FIELD")]
    [InlineData("ANNOUNCEMENT", """{"Title": "Hi"}""", "Title", "UNKNOWN_FIELD")]
    [InlineData("ANNOUNCEMENT", """{"title": ["Hi"]}""", "title", "INVALID_VALUE")]
    [InlineData("ANNOUNCEMENT", """{"style": "popup"}""", "style", "INVALID_VALUE")]
    [InlineData("ANNOUNCEMENT", """{"dismissible": "no"}""", "dismissible", "INVALID_VALUE")]
    [InlineData("ANNOUNCEMENT", """{"primary": "Go"}""", "primary", "INVALID_VALUE")]
    [InlineData("ANNOUNCEMENT", """{"primary": {"label": "Go", "uri": "/go"}}""", "primary.uri", "UNKNOWN_FIELD")]
    [InlineData("ANNOUNCEMENT", """{"primary": {"label": "Go", "url": "javascript:alert(1)"}}""", "primary.url", "INVALID_ADDRESS")]
    [InlineData("ANNOUNCEMENT", """{"secondary": {"label": "Go", "url": " java\tscript:alert(1)"}}""", "secondary.url", "INVALID_ADDRESS")]
    [InlineData("ANNOUNCEMENT", """{"image": {"url": "data:image/png;base64,AA=="}}""", "image.url", "INVALID_ADDRESS")]
    [InlineData("ANNOUNCEMENT", """{"locales": {"German!": {}}}""", "locales.German!", "INVALID_LANGUAGE")]
    [InlineData("ANNOUNCEMENT", """{"locales": {"de": {"title": 1, "body": false}}}""", "locales.de.body", "INVALID_VALUE")]
    [InlineData("ANNOUNCEMENT", """{"locales": []}""", "locales", "INVALID_VALUE")]
    [InlineData("SURVEY", """{"questions": {}}""", "questions", "INVALID_VALUE")]
    [InlineData("SURVEY", """{"questions": ["Why?"]}""", "questions[0]", "INVALID_VALUE")]
    [InlineData("SURVEY", """{"questions": [{"id": "a", "type": "choice", "label": "Why?"}]}""", "questions[0].type", "INVALID_VALUE")]
    [InlineData("SURVEY", """{"questions": [{"id": "a", "type": "text"}]}""", "questions[0].label", "MISSING")]
    [InlineData("SURVEY", """{"questions": [{"id": "a", "type": "single", "label": "Why?"}]}""", "questions[0].options", "INVALID_COUNT")]
    [InlineData("SURVEY", """{"questions": [{"id": "a", "type": "multiple", "label": "Why?", "options": []}]}""", "questions[0].options", "INVALID_COUNT")]
    [InlineData("SURVEY", """{"questions": [{"id": "a", "type": "single", "label": "Why?", "options": ["x", {}]}]}""", "questions[0].options[1]", "INVALID_VALUE")]
    [InlineData("SURVEY", """{"questions": [{"id": "a", "type": "rating", "label": "Well?", "max": 11}]}""", "questions[0].max", "INVALID_VALUE")]
    [InlineData("SURVEY", """{"questions": [{"id": "a", "label": "A"}, {"id": "a", "label": "B"}]}""", "questions[1].id", "DUPLICATE_ID")]
    [InlineData("TASK_LIST", """{"tasks": [{"id": "a", "label": "A", "events": "x"}]}""", "tasks[0].events", "UNKNOWN_FIELD")]
    [InlineData("TASK_LIST", """{"tasks": [{"id": "a", "url": "vbscript:x"}]}""", "tasks[0].url", "INVALID_ADDRESS")]
    public void What_cannot_be_shown_is_a_problem_of_its_field(string type, string payload, string field, string code) =>
        Assert.Contains((code, $"graph.nodes[show].content.payload.{field}"), Problems(type, payload));

    [Theory]
    [InlineData("FLOW", """{"titel": 1, "questions": "none"}""")]
    [InlineData("TOOLTIP", "{}")]
    [InlineData("TOOLTIP", """{"x_tour": 7}""")]
    [InlineData("TOOLTIP", """{"selector": "my-card >>> .save", "placement": "left", "fallback": "none", "x_delay": 3, "analyticsName": "save"}""")]
    [InlineData("ANNOUNCEMENT", """
        {"title": "Hi", "body": 3, "closeLabel": null, "style": "banner", "position": "bottom", "image": {"url": "//cdn.example.com/a.png", "alt": ""},
         "primary": {"label": "Go", "url": "/a:b", "newTab": true}, "secondary": {"label": "Mail", "url": "mailto:me@example.com"},
         "locales": {"de": {"title": "Hallo", "primary": {"label": "Los", "url": "https://example.com"}}, "pt-BR": {}, "zh_Hant_TW": {}}}
        """)]
    [InlineData("SURVEY", """
        {"title": "How?", "style": "corner", "dismissible": false, "submit": {"label": "Go"}, "questions": [
          {"id": "a", "type": "single", "label": "Why?", "options": ["Price", 3, {"value": "q", "label": "Quality"}, {"label": "Other"}], "required": true},
          {"id": "b", "type": "rating", "label": "Well?", "max": 10, "lowLabel": "No", "highLabel": "Yes"}, {"label": "More?", "placeholder": "…"}]}
        """)]
    [InlineData("TASK_LIST", """{"title": "Do", "dismissible": true, "tasks": [{"id": "a", "label": "A", "body": "b", "url": "/a", "event": "a_done"}, {"label": "B"}]}""")]
    public void What_can_be_shown_is_none_and_neither_is_what_is_a_pages_own(string type, string payload) => Assert.Empty(Problems(type, payload));

    [Fact]
    public void A_name_that_is_near_says_what_was_meant()
    {
        var problem = Assert.Single(Validate("TOOLTIP", """{"selector": "#a", "placment": "top"}"""));

        Assert.Equal("is not a field; did you mean placement? Names of your own begin with x_.", problem.Message);
    }

    [Fact]
    public void Of_a_payload_with_very_many_faults_the_first_are_told() =>
        Assert.Equal(20, Validate("TASK_LIST", $$"""{"tasks": [{{string.Join(',', Enumerable.Repeat("{}", 5_000))}}]}""").Count);

    static IEnumerable<(string Code, string Field)> Problems(string type, string payload) =>
        Validate(type, payload).Select(problem => (problem.Code, problem.Field));

    static IReadOnlyList<Problem> Validate(string type, string payload) =>
        GraphValidator.Validate(new(
            [new TriggerNode("start", new ManualTrigger()), new ContentNode("show", type, "shown", JsonDocument.Parse(payload).RootElement), new ExitNode("end", "done")],
            [new("e1", "start", "show"), new("e2", "show", "end")]));
}
