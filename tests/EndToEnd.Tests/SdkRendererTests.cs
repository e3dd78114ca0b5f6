using System.Text.Json.Nodes;
using Journeys.Testing;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>What people see without any code of the page: every kind of content and every way to finish it, under a strict policy.</summary>
[Collection(Sdk.Collection)]
public sealed class SdkRendererTests(Sdk sdk)
{
    const string Welcome = """
        {"title": "Welcome to the shop", "body": "Good to have you here.\nShall we show you round?",
         "primary": {"label": "Show me round"}, "secondary": {"label": "Not now"}}
        """;

    const string Hint = """{"selector": "#buy", "title": "Plants live here", "body": "Buy one to see it grow.", "secondary": {"label": "Skip"}}""";

    const string Survey = """
        {"title": "How is it going?", "body": "It takes half a minute.", "secondary": {"label": "Not now"}, "submit": {"label": "Send answers"},
         "questions": [
           {"id": "again", "type": "nps", "label": "Would you recommend us?", "required": true, "lowLabel": "Never", "highLabel": "Always"},
           {"id": "stars", "type": "rating", "label": "How do you like the shop?"},
           {"id": "plan", "type": "single", "label": "Which plan?", "options": ["Free", {"value": "pro", "label": "Professional"}]},
           {"id": "uses", "type": "multiple", "label": "What for?", "required": true, "options": ["Home", "Office", "Garden"]},
           {"id": "why", "type": "text", "label": "Why?", "placeholder": "In your own words"} ]}
        """;

    const string Tasks = """
        {"title": "First steps", "body": "Three things to do.",
         "tasks": [ {"id": "look", "label": "Look round"}, {"id": "buy", "label": "Buy a plant", "body": "Any will do.", "event": "bought"},
                    {"id": "more", "label": "See more", "url": "/more"} ]}
        """;

    readonly Api api = sdk.Api;

    [Theory]
    [InlineData("ANNOUNCEMENT", Welcome, "Show me round", "completed")]
    [InlineData("ANNOUNCEMENT", Welcome, "Not now", "skipped")]
    [InlineData("ANNOUNCEMENT", Welcome, "Close", "dismissed")]
    [InlineData("ANNOUNCEMENT", Welcome, "Escape", "dismissed")]
    [InlineData("TOOLTIP", Hint, "OK", "completed")]
    [InlineData("TOOLTIP", Hint, "Skip", "skipped")]
    [InlineData("TOOLTIP", Hint, "Close", "dismissed")]
    [InlineData("TOOLTIP", Hint, "Escape", "dismissed")]
    [InlineData("SURVEY", Survey, "Not now", "skipped")]
    [InlineData("SURVEY", Survey, "Close", "dismissed")]
    [InlineData("SURVEY", Survey, "Escape", "dismissed")]
    public async Task Every_way_to_finish_it_is_reported(string contentType, string payload, string how, string outcome)
    {
        await using var visitor = await sdk.VisitorAsync();
        var (page, journey) = await ShowAsync(visitor, Designs.Showing(contentType, JsonNode.Parse(payload)!));
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();

        await FinishAsync(page, how);

        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await ExpectOutcomeAsync(journey, outcome);
    }

    [Theory]
    [InlineData("Show me round", "completed")]
    [InlineData("Not now", "skipped")]
    [InlineData("Close", "dismissed")]
    public async Task A_banner_is_finished_in_every_way(string how, string outcome)
    {
        await using var visitor = await sdk.VisitorAsync();
        var payload = JsonNode.Parse(Welcome)!;
        payload["style"] = "banner";
        var (page, journey) = await ShowAsync(visitor, Designs.Showing("ANNOUNCEMENT", payload));
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Welcome to the shop" })).ToBeVisibleAsync();
        await Visitor.LookAsync(page, "banner");

        await FinishAsync(page, how);

        await ExpectOutcomeAsync(journey, outcome);
    }

    [Theory]
    [InlineData("OK", "completed")]
    [InlineData("Skip", "skipped")]
    [InlineData("Close", "dismissed")]
    public async Task A_beacon_opens_by_hand_closes_by_escape_and_is_finished_in_every_way(string how, string outcome)
    {
        await using var visitor = await sdk.VisitorAsync();
        var (page, journey) = await ShowAsync(visitor, Designs.Showing("BEACON", JsonNode.Parse(Hint)!));
        var dot = page.GetByRole(AriaRole.Button, new() { Name = "Plants live here" });
        var hint = page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(dot).ToBeVisibleAsync();
        await Assertions.Expect(hint).ToBeHiddenAsync();

        await dot.PressAsync("Enter");
        await Assertions.Expect(hint).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(hint).ToBeHiddenAsync();
        await Assertions.Expect(dot).ToBeFocusedAsync();
        await dot.ClickAsync();
        await Visitor.LookAsync(page, "beacon");
        await FinishAsync(page, how);

        await ExpectOutcomeAsync(journey, outcome);
        await Assertions.Expect(dot).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_dialog_has_the_focus_keeps_it_and_gives_it_back()
    {
        await using var visitor = await sdk.VisitorAsync();
        var (page, _) = await ShowAsync(visitor, Designs.Showing("ANNOUNCEMENT", JsonNode.Parse(Welcome)!), focus: "#buy");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Show me round" })).ToBeFocusedAsync();
        await Visitor.LookAsync(page, "modal");

        for (var presses = 0; presses < 8; presses++)
        {
            await page.Keyboard.PressAsync("Tab");
            Assert.NotEqual("buy", await page.EvaluateAsync<string>("document.activeElement.id"));
        }

        await page.Keyboard.PressAsync("Escape");

        await Assertions.Expect(page.Locator("#buy")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task A_dialog_that_may_not_be_closed_stays_until_it_is_answered()
    {
        await using var visitor = await sdk.VisitorAsync();
        var (page, journey) = await ShowAsync(visitor, Designs.Showing("ANNOUNCEMENT", JsonNode.Parse("""{"title": "New terms", "dismissible": false, "primary": {"label": "I agree"}}""")!));
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();

        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("Escape");
        Assert.Equal(0, await page.GetByRole(AriaRole.Button, new() { Name = "Close" }).CountAsync());
        await FinishAsync(page, "I agree");

        await ExpectOutcomeAsync(journey, "completed");
    }

    [Fact]
    public async Task A_button_with_an_address_finishes_the_step_and_leads_there()
    {
        await using var visitor = await sdk.VisitorAsync();
        var (page, journey) = await ShowAsync(visitor, Designs.Showing("ANNOUNCEMENT", JsonNode.Parse(
            """{"title": "News", "primary": {"label": "Read on", "url": "/more"}}""")!));

        await page.GetByRole(AriaRole.Link, new() { Name = "Read on" }).ClickAsync();
        await page.WaitForURLAsync("**/more");

        await ExpectOutcomeAsync(journey, "completed");
    }

    [Fact]
    public async Task A_nonce_on_the_script_lets_everything_in_that_it_needs()
    {
        await using var visitor = await sdk.VisitorAsync();
        var journey = await api.PublishAsync(Designs.Showing("ANNOUNCEMENT", JsonNode.Parse(Welcome)!));
        var page = await visitor.OpenAsync(new { }, "/nonce");

        await page.EvaluateAsync("journey => DAP('enroll', journey)", journey);

        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_tooltip_waits_for_its_element_and_stays_beside_it()
    {
        await using var visitor = await sdk.VisitorAsync();
        var (page, _) = await ShowAsync(visitor, Designs.Showing("TOOLTIP", JsonNode.Parse("""{"selector": "#late", "title": "Here", "placement": "right"}""")!));
        var tooltip = page.GetByRole(AriaRole.Dialog, new() { Name = "Here" });
        await Visitor.SeenAsync(page, "step show");
        await Assertions.Expect(tooltip).ToHaveCountAsync(0);

        await page.EvaluateAsync("document.querySelector('main').append(Object.assign(document.createElement('button'), {id: 'late', textContent: 'Late'}))");
        await Assertions.Expect(tooltip).ToBeVisibleAsync();
        await page.EvaluateAsync("document.querySelector('main').prepend(Object.assign(document.createElement('div'), {textContent: 'pushes it down'}))");
        await Eventually.True(
            async () => (await tooltip.BoundingBoxAsync())! is var card && (await page.Locator("#late").BoundingBoxAsync())! is var button
                && card.X >= button.X + button.Width && card.Y < button.Y + button.Height && card.Y + card.Height > button.Y,
            "the tooltip to be to the right of its button");
        await Visitor.LookAsync(page, "tooltip");

        await page.EvaluateAsync("late.remove()");
        await Assertions.Expect(tooltip).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Answers_reach_the_rules_of_the_journey()
    {
        await using var visitor = await sdk.VisitorAsync();
        var rule = JsonNode.Parse("""
            {"group": {"operator": "AND", "rules": [
              {"condition": {"field": "journey.show.again", "operator": "EQ", "value": 9}},
              {"condition": {"field": "journey.show.stars", "operator": "EQ", "value": 4}},
              {"condition": {"field": "journey.show.plan", "operator": "EQ", "value": "pro"}},
              {"condition": {"field": "journey.show.uses", "operator": "CONTAINS", "value": "Garden"}},
              {"condition": {"field": "journey.show.why", "operator": "EQ", "value": "Because"}} ]}}
            """)!;
        var (page, journey) = await ShowAsync(visitor, Designs.Asking(JsonNode.Parse(Survey)!, rule));

        await page.GetByRole(AriaRole.Group, new() { Name = "Would you recommend us?" }).GetByText("9", new() { Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Group, new() { Name = "How do you like the shop?" }).GetByRole(AriaRole.Img, new() { Name = "4" }).ClickAsync();
        await page.GetByText("Professional").ClickAsync();
        await page.GetByText("Home").ClickAsync();
        await page.GetByText("Garden").ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Why?" }).FillAsync("Because");
        await Visitor.LookAsync(page, "survey");
        await FinishAsync(page, "Send answers");

        await ExpectOutcomeAsync(journey, "right");
    }

    [Fact]
    public async Task A_survey_is_not_sent_without_the_required_answers_and_works_by_keyboard()
    {
        await using var visitor = await sdk.VisitorAsync();
        var rule = JsonNode.Parse("""{"condition": {"field": "journey.show.again", "operator": "EQ", "value": 1}}""")!;
        var (page, journey) = await ShowAsync(visitor, Designs.Asking(JsonNode.Parse(Survey)!, rule));

        await FinishAsync(page, "Send answers");
        await page.Keyboard.PressAsync("Space");
        await page.Keyboard.PressAsync("ArrowRight");
        await FinishAsync(page, "Send answers");
        await page.Keyboard.PressAsync("Space");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send answers" }).PressAsync("Enter");

        await ExpectOutcomeAsync(journey, "right");
    }

    [Fact]
    public async Task A_task_list_is_ticked_by_hand_and_by_events_survives_a_reload_and_completes_with_the_last_tick()
    {
        await using var visitor = await sdk.VisitorAsync();
        var (page, journey) = await ShowAsync(visitor, Designs.Showing("TASK_LIST", JsonNode.Parse(Tasks)!));
        var list = page.GetByRole(AriaRole.Region, new() { Name = "First steps" });
        await Assertions.Expect(list).ToContainTextAsync("0/3");

        await list.GetByRole(AriaRole.Checkbox, new() { Name = "Look round" }).CheckAsync();
        await page.EvaluateAsync("DAP('track', 'bought')");
        await Assertions.Expect(list).ToContainTextAsync("2/3");
        await Visitor.LookAsync(page, "task-list");
        await page.ReloadAsync();
        await Assertions.Expect(list).ToContainTextAsync("2/3");
        await list.GetByRole(AriaRole.Checkbox).Last.ClickAsync();

        await Assertions.Expect(list).ToHaveCountAsync(0);
        await ExpectOutcomeAsync(journey, "completed");
    }

    [Fact]
    public async Task A_task_list_can_be_folded_and_dismissed()
    {
        await using var visitor = await sdk.VisitorAsync();
        var (page, journey) = await ShowAsync(visitor, Designs.Showing("TASK_LIST", JsonNode.Parse(Tasks)!));
        var list = page.GetByRole(AriaRole.Region, new() { Name = "First steps" });

        await list.GetByText("First steps").ClickAsync();
        await Assertions.Expect(list.GetByRole(AriaRole.Checkbox).First).ToBeHiddenAsync();
        await FinishAsync(page, "Close");

        await ExpectOutcomeAsync(journey, "dismissed");
    }

    [Fact]
    public async Task A_banner_and_a_list_are_there_together_each_with_its_own_name()
    {
        await using var visitor = await sdk.VisitorAsync();
        var (page, _) = await ShowAsync(visitor, Designs.Showing("TASK_LIST", JsonNode.Parse(Tasks)!));
        var banner = await api.PublishAsync(Designs.Showing("ANNOUNCEMENT", JsonNode.Parse("""{"style": "banner", "title": "News"}""")!));
        await page.EvaluateAsync("journey => DAP('enroll', journey)", banner);

        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "News" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "First steps" })).ToBeVisibleAsync();
        await Visitor.LookAsync(page, "together");
    }

    [Fact]
    public async Task Dialogs_come_one_after_the_other()
    {
        await using var visitor = await sdk.VisitorAsync();
        var (page, _) = await ShowAsync(visitor, Designs.Showing("ANNOUNCEMENT", JsonNode.Parse("""{"title": "One"}""")!));
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "One" })).ToBeVisibleAsync();
        var second = await api.PublishAsync(Designs.Showing("ANNOUNCEMENT", JsonNode.Parse("""{"title": "Two"}""")!));
        await page.EvaluateAsync("journey => DAP('enroll', journey)", second);

        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(1);
        await FinishAsync(page, "OK");

        await Assertions.Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Two" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(1);
    }

    [Theory]
    [InlineData("ANNOUNCEMENT", Welcome)]
    [InlineData("TOOLTIP", Hint)]
    [InlineData("SURVEY", Survey)]
    [InlineData("TASK_LIST", Tasks)]
    public async Task What_is_shown_follows_a_dark_page(string contentType, string payload)
    {
        await using var visitor = await sdk.VisitorAsync(ColorScheme.Dark);
        var (page, _) = await ShowAsync(visitor, Designs.Showing(contentType, JsonNode.Parse(payload)!), dark: true);
        var card = page.Locator("#dap-journeys .card");
        await Assertions.Expect(card).ToBeVisibleAsync();

        await Visitor.LookAsync(page, $"dark-{contentType}");

        Assert.Equal("rgb(29, 32, 41)", await card.EvaluateAsync<string>("each => getComputedStyle(each).backgroundColor"));
    }

    [Fact]
    public async Task A_page_sets_its_own_colours_and_its_styles_reach_nothing_else()
    {
        await using var visitor = await sdk.VisitorAsync();
        var (page, _) = await ShowAsync(visitor, Designs.Showing("ANNOUNCEMENT", JsonNode.Parse(Welcome)!));
        var button = page.GetByRole(AriaRole.Button, new() { Name = "Show me round" });
        await Assertions.Expect(button).ToBeVisibleAsync();

        await page.EvaluateAsync("""
            () => {
              const sheet = new CSSStyleSheet();
              sheet.replaceSync(':root { --dap-accent: rgb(20, 90, 50) } button, h2 { display: none !important; color: red !important }');
              document.adoptedStyleSheets = [sheet];
            }
            """);

        await Assertions.Expect(button).ToBeVisibleAsync();
        Assert.Equal("rgb(20, 90, 50)", await button.EvaluateAsync<string>("each => getComputedStyle(each).backgroundColor"));
    }

    [Fact]
    public async Task What_was_not_shown_is_told_and_what_appears_after_all_too()
    {
        await using var visitor = await sdk.VisitorAsync();
        var payload = JsonNode.Parse("""{"selector": "#later", "title": "Plants live here", "fallback": "none"}""")!;
        var (page, journey) = await ShowAsync(visitor, Designs.Showing("TOOLTIP", payload));
        await Eventually.Equal("ELEMENT_NOT_FOUND", async () => (await VisitAsync(journey))["notShown"]!.GetValue<string>(), "the reason");

        await page.EvaluateAsync("document.body.append(Object.assign(document.createElement('button'), { id: 'later', textContent: 'Later' }))");

        await Assertions.Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Plants live here" })).ToBeVisibleAsync();
        await Eventually.True(async () => (await VisitAsync(journey))["showTime"] is not null, "the tooltip to count as shown");
        Assert.Equal(("", ""), ((await VisitAsync(journey))["notShown"]!.GetValue<string>(), (await VisitAsync(journey))["outcome"]!.GetValue<string>()));
    }

    // The second: the first is that of the trigger.
    async Task<JsonNode> VisitAsync(string journey)
    {
        var enrollments = $"/api/journeys/{journey}/enrollments";
        var id = (await api.GetAsync(enrollments))["enrollments"]![0]!["id"]!.GetValue<string>();
        return (await api.GetAsync($"{enrollments}/{id}/visits"))["visits"]![1]!;
    }

    async Task<(IPage Page, string Journey)> ShowAsync(Visitor visitor, JsonNode design, string? focus = null, bool dark = false)
    {
        var journey = await api.PublishAsync(design);
        var page = await visitor.OpenAsync(new { });
        if (dark)
            await page.EvaluateAsync("document.documentElement.style.colorScheme = 'dark'");
        if (focus is not null)
            await page.Locator(focus).FocusAsync();
        await page.EvaluateAsync("journey => DAP('enroll', journey)", journey);
        return (page, journey);
    }

    static Task FinishAsync(IPage page, string how) =>
        how == "Escape" ? page.Keyboard.PressAsync("Escape") : page.GetByRole(AriaRole.Button, new() { Name = how }).ClickAsync();

    Task ExpectOutcomeAsync(string journey, string outcome) => Eventually.Equal(
        outcome, async () => (await api.GetAsync($"/api/journeys/{journey}/enrollments"))["enrollments"]![0]!["outcome"]!.GetValue<string>(), "the outcome");
}
