using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>The editor of content beside its preview, as an author uses it.</summary>
[Collection(Dashboard.Collection)]
public sealed class DashboardContentTests(Dashboard dashboard)
{
    [Fact]
    public async Task An_author_sees_content_as_people_will_while_typing_and_translates_it()
    {
        var id = await CreateAsync("Previewed", """{ "contentType": "ANNOUNCEMENT", "contentId": "hello", "payload": { "title": "Welcome" } }""");
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}");
        var (page, editor, preview) = await OpenEditorAsync(opened);
        await Assertions.Expect(preview.GetByRole(AriaRole.Heading, new() { Name = "Welcome" })).ToBeVisibleAsync();

        // What is shown anew with every letter leaves the focus where it is typed, and draws nobody's eye.
        var title = Text(editor, "Title");
        await title.PressAsync("End");
        await title.PressSequentiallyAsync(" aboard", new() { Delay = 150 });
        await Assertions.Expect(preview.GetByRole(AriaRole.Heading, new() { Name = "Welcome aboard" })).ToBeVisibleAsync();
        await Assertions.Expect(title).ToBeFocusedAsync();
        await Text(editor, "Main button").FillAsync("Start");
        await Text(editor, "Link of the main button").FillAsync("/start");
        // The frame has its new size before what is pressed in it appears.
        await ShowOnPhoneAsync(editor);
        await Text(editor, "Second button").FillAsync("Later");

        await preview.GetByRole(AriaRole.Button, new() { Name = "Later" }).ClickAsync();
        await Assertions.Expect(editor.GetByText("The content ends as skipped.")).ToBeVisibleAsync();
        await Assertions.Expect(preview.GetByRole(AriaRole.Heading)).ToHaveCountAsync(0);
        await editor.GetByRole(AriaRole.Button, new() { Name = "Show again" }).ClickAsync();
        await preview.GetByRole(AriaRole.Link, new() { Name = "Start" }).ClickAsync();
        await Assertions.Expect(editor.GetByText("The content ends as completed.")).ToBeVisibleAsync();

        await Box(editor, "Add a language").FillAsync("de");
        await editor.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await Assertions.Expect(editor.GetByRole(AriaRole.Option, new() { Name = "German: 3 missing" })).ToBeAttachedAsync();
        await Text(editor, "Title in German").FillAsync("Willkommen an Bord");
        await Text(editor, "Main button in German").FillAsync("Los");
        await Assertions.Expect(preview.GetByRole(AriaRole.Heading, new() { Name = "Willkommen an Bord" })).ToBeVisibleAsync();
        await Assertions.Expect(preview.GetByRole(AriaRole.Link, new() { Name = "Los" })).ToHaveAttributeAsync("href", new System.Text.RegularExpressions.Regex("/start$"));
        await opened.LookAsync("content-editor");

        await page.GetByRole(AriaRole.Button, new() { Name = "Close", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status).Filter(new() { HasText = "Saved" })).ToBeVisibleAsync();
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""
                { "title": "Welcome aboard", "primary": { "label": "Start", "url": "/start" }, "secondary": { "label": "Later" },
                  "locales": { "de": { "title": "Willkommen an Bord", "primary": { "label": "Los", "url": "/start" } } } }
                """),
            await PayloadAsync(id)));
    }

    [Theory]
    [InlineData("""{ "contentType": "TOOLTIP", "contentId": "hello", "payload": { "title": "Save here", "selector": "#save" } }""", "Save here")]
    [InlineData("""{ "contentType": "TASK_LIST", "contentId": "hello", "payload": { "title": "First steps", "tasks": [{ "id": "a", "label": "Invite" }] } }""", "Invite")]
    [InlineData("""{ "contentType": "ANNOUNCEMENT", "contentId": "hello", "payload": { "title": "News", "style": "banner" } }""", "News")]
    [InlineData("""{ "contentType": "SURVEY", "contentId": "hello", "payload": { "title": "How is it?", "questions": [{ "id": "nps", "type": "nps", "label": "Would you?" }] } }""", "Would you?")]
    public async Task Every_type_is_previewed(string content, string seen)
    {
        var id = await CreateAsync("Previewed", content);
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}");
        var (_, _, preview) = await OpenEditorAsync(opened);

        // Not what a screen reader is told besides.
        await Assertions.Expect(preview.Locator(".card").GetByText(seen)).ToBeVisibleAsync();
        await opened.LookAsync($"content-{JsonNode.Parse(content)!["contentType"]!.GetValue<string>().ToLowerInvariant()}");
    }

    [Fact]
    public async Task A_survey_is_filled_in_and_its_answers_are_told()
    {
        var id = await CreateAsync("Asked", """{ "contentType": "SURVEY", "contentId": "hello", "payload": { "title": "How is it?" } }""");
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}");
        var (_, editor, preview) = await OpenEditorAsync(opened);
        await editor.GetByRole(AriaRole.Button, new() { Name = "Add a question" }).ClickAsync();
        var question = editor.GetByRole(AriaRole.Group, new() { Name = "question 1" });
        // What is changed last is what is waited for in the frame, since every change shows the survey anew.
        await ShowOnPhoneAsync(editor);
        await question.GetByLabel("An answer is required").CheckAsync();
        await question.GetByLabel("Label").FillAsync("What is missing?");

        var answer = preview.GetByRole(AriaRole.Textbox, new() { Name = "What is missing?" });
        await answer.FillAsync("Nothing");
        await preview.GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();

        await Assertions.Expect(editor.GetByText("""The content ends as completed with {"question":"Nothing"}.""")).ToBeVisibleAsync();
    }

    static async Task<(IPage Page, ILocator Editor, IFrameLocator Preview)> OpenEditorAsync(DashboardPage opened)
    {
        var page = opened.Page;
        await page.Locator(".react-flow__node[data-id=hello]").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Edit all fields, with a preview" }).ClickAsync();
        var editor = page.GetByRole(AriaRole.Dialog);
        return (page, editor, page.FrameLocator("iframe[title='Content as people see it']"));
    }

    // Playwright misses what is in a frame that is drawn smaller, as the wide one is.
    static Task ShowOnPhoneAsync(ILocator editor) => editor.GetByText("Phone").ClickAsync();

    static ILocator Text(ILocator editor, string label) => editor.GetByRole(AriaRole.Textbox, new() { Name = label, Exact = true });

    static ILocator Box(ILocator editor, string label) => editor.GetByRole(AriaRole.Combobox, new() { Name = label });

    async Task<string> CreateAsync(string name, string content) =>
        (await dashboard.Api.PostAsync("/api/journeys", JsonNode.Parse($$"""
            { "name": "{{name}}", "graph": {
                "nodes": [ { "id": "start", "position": { "x": 0, "y": 0 }, "trigger": { "manual": {} } },
                           { "id": "hello", "position": { "x": 300, "y": 0 }, "content": {{content}} },
                           { "id": "end", "position": { "x": 600, "y": 0 }, "exit": { "outcome": "done" } } ],
                "edges": [ { "id": "e1", "source": "start", "target": "hello" }, { "id": "e2", "source": "hello", "target": "end" } ] } }
            """)!))["id"]!.GetValue<string>();

    async Task<JsonNode?> PayloadAsync(string id) =>
        (await dashboard.Api.GetAsync($"/api/journeys/{id}"))["graph"]!["nodes"]!.AsArray().Single(node => node!["id"]!.GetValue<string>() == "hello")!["content"]!["payload"];
}
