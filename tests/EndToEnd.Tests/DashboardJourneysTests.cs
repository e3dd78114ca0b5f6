using System.Globalization;
using System.Text.Json.Nodes;
using Journeys.Testing;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>The list of journeys, and the enrollment rules of one.</summary>
[Collection(Dashboard.Collection)]
public sealed class DashboardJourneysTests(Dashboard dashboard)
{
    [Theory]
    [InlineData("Onboarding program", 10)]
    [InlineData("Training path", 9)]
    [InlineData("Adoption campaign", 8)]
    public async Task A_template_can_be_published_as_it_is(string template, int nodes)
    {
        await using var opened = await dashboard.OpenAsync("/journeys");
        var page = opened.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "Create New Journey" }).First.ClickAsync();
        await page.GetByLabel("Name").FillAsync($"From {template}");
        await page.GetByLabel("Description").FillAsync("Made by a test.");
        await page.GetByRole(AriaRole.Radio, new() { Name = template }).ClickAsync();
        if (nodes == 10)
            await opened.LookAsync("create-journey");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();

        await Assertions.Expect(page.GetByText("Ready to publish")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".react-flow__node")).ToHaveCountAsync(nodes);
        if (nodes == 10)
            await opened.LookAsync("builder-onboarding");
    }

    [Fact]
    public async Task The_list_shows_who_is_inside_and_finds_journeys_by_name_and_status()
    {
        var live = await PublishAsync("List: live");
        await dashboard.Api.PostAsync($"/api/journeys/{live}/enrollments", JsonNode.Parse("""{ "userIds": ["l1", "l2", "l3"] }""")!);
        await dashboard.Api.PostAsync("/api/journeys", new { name = "List: draft" });
        var archived = await PublishAsync("List: archived");
        await dashboard.Api.PostAsync($"/api/journeys/{archived}/archive", new { });
        await using var opened = await dashboard.OpenAsync("/journeys");
        var page = opened.Page;

        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Search journeys" }).FillAsync("list:");
        await Assertions.Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
        await Assertions.Expect(Row(page, "List: live").GetByRole(AriaRole.Cell, new() { Name = "3", Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(Row(page, "List: archived")).ToHaveCountAsync(0);
        await opened.LookAsync("journeys");

        await page.GetByText("Archived", new() { Exact = true }).ClickAsync();
        await Assertions.Expect(Row(page, "List: archived")).ToBeVisibleAsync();
        await Assertions.Expect(Row(page, "List: live")).ToHaveCountAsync(0);

        // The address says what is shown, so that it can be passed on.
        await page.ReloadAsync();
        await Assertions.Expect(Row(page, "List: archived")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task On_a_phone_the_table_scrolls_sideways_and_the_page_does_not()
    {
        await dashboard.Api.PostAsync("/api/journeys", new { name = "On a phone" });
        await using var opened = await dashboard.OpenAsync("/journeys?search=on+a+phone");
        var page = opened.Page;

        await page.SetViewportSizeAsync(390, 800);
        await Assertions.Expect(Row(page, "On a phone")).ToBeVisibleAsync();

        Assert.Equal(390, await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
        var table = page.GetByRole(AriaRole.Region, new() { Name = "Journeys" });
        Assert.True(await table.EvaluateAsync<bool>("table => table.scrollWidth > table.clientWidth"));
    }

    [Fact]
    public async Task A_long_name_that_reads_from_right_to_left_keeps_its_beginning_where_it_is_cut()
    {
        const string name = "مرحبا بكم في المنتج الجديد من فريق العمل كله في هذه السنة";
        var graph = JsonNode.Parse($$"""
            {
              "nodes": [
                { "id": "start", "trigger": { "manual": {} } },
                { "id": "c", "name": "{{name}}", "content": { "contentType": "ANNOUNCEMENT", "contentId": "c" } }
              ],
              "edges": [{ "id": "e", "source": "start", "target": "c" }]
            }
            """);
        var id = (string)(await dashboard.Api.PostAsync("/api/journeys", new { name, description = $"{name} {name}", graph }))!["id"]!;
        await using var opened = await dashboard.OpenAsync("/journeys");
        var page = opened.Page;

        var description = page.GetByText($"{name} {name}");
        await Assertions.Expect(description).ToHaveCSSAsync("direction", "rtl");
        Assert.True(await IsCutAsync(description));

        await opened.GoAsync($"/journeys/{id}/build");
        await Assertions.Expect(page.GetByLabel("Name of the journey")).ToHaveCSSAsync("direction", "rtl");
        var title = page.Locator(".react-flow__node").GetByText(name);
        await Assertions.Expect(title).ToHaveCSSAsync("direction", "rtl");
        Assert.True(await IsCutAsync(title));
        await page.ScreenshotAsync(new() { Path = RepoRoot.Under("tests/EndToEnd.Tests/screenshots/right-to-left.png") });

        static Task<bool> IsCutAsync(ILocator text) => text.EvaluateAsync<bool>("text => text.scrollWidth > text.clientWidth");
    }

    [Fact]
    public async Task Pausing_and_archiving_say_first_how_many_people_are_concerned()
    {
        var id = await PublishAsync("Moves");
        await dashboard.Api.PostAsync($"/api/journeys/{id}/enrollments", JsonNode.Parse("""{ "userIds": ["m1", "m2"] }""")!);
        await using var opened = await dashboard.OpenAsync("/journeys?search=moves");
        var page = opened.Page;
        await Assertions.Expect(Row(page, "Moves").GetByRole(AriaRole.Cell, new() { Name = "2", Exact = true })).ToBeVisibleAsync();

        await ActAsync(page, "Pause");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("2 people are inside. They keep their exact place");
        await opened.LookAsync("journeys-confirm");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause", Exact = true }).ClickAsync();
        await Assertions.Expect(Row(page, "Moves")).ToContainTextAsync("Paused");

        await ActAsync(page, "Resume");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("2 people are inside, and new people can enter again. Nobody's wait ended");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await Assertions.Expect(Row(page, "Moves")).ToContainTextAsync("Published");

        await ActAsync(page, "Archive");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        Assert.Equal("PUBLISHED", await StatusAsync(id));
        await ActAsync(page, "Archive");
        await page.GetByRole(AriaRole.Button, new() { Name = "Archive", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByText("No journeys match")).ToBeVisibleAsync();
        Assert.Equal("ARCHIVED", await StatusAsync(id));
    }

    [Fact]
    public async Task A_pause_says_why_and_until_when_to_whoever_opens_the_journey()
    {
        var id = await PublishAsync("Rests");
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/build");
        var page = opened.Page;
        var band = page.GetByRole(AriaRole.Status).Filter(new() { HasText = "This journey is paused." });

        await page.GetByRole(AriaRole.Button, new() { Name = "Actions for Rests" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Pause" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(dialog).ToContainTextAsync("Nobody is inside. Nobody new can enter");
        await dialog.GetByLabel("Reason").FillAsync("The texts are wrong");
        await dialog.GetByLabel("Resume automatically").FillAsync("2020-01-01T08:00");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Pause", Exact = true }).ClickAsync();
        await Assertions.Expect(dialog.GetByText("must be in the future.")).ToHaveTextAsync("It must be in the future.");
        await dialog.GetByLabel("Resume automatically").FillAsync(DateTime.Now.AddDays(3).ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture));
        await dialog.GetByLabel("Leave the journey").CheckAsync();
        await dialog.GetByLabel("Stop, and continue after the resume").CheckAsync();
        await opened.LookAsync("pause-dialog");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Pause", Exact = true }).ClickAsync();

        await Assertions.Expect(band).ToContainTextAsync(": The texts are wrong");
        await Assertions.Expect(band).ToContainTextAsync("It resumes automatically on");
        await opened.LookAsync("pause-band");
        var policy = (await dashboard.Api.GetAsync($"/api/journeys/{id}"))["pause"]!["policy"]!;
        Assert.Equal(("EXIT", "FREEZE"), ((string?)policy["late"], (string?)policy["timers"]));

        await band.GetByRole(AriaRole.Button, new() { Name = "Change" }).ClickAsync();
        await dialog.GetByLabel("Reason").FillAsync("The texts are being checked");
        await dialog.GetByLabel("Resume automatically").FillAsync("");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(band).ToContainTextAsync(": The texts are being checked");
        await Assertions.Expect(band).Not.ToContainTextAsync("automatically");

        // Its end comes to the open page too.
        await dashboard.Api.PutAsync($"/api/journeys/{id}/pause", new { reason = "Soon", resumeTime = DateTimeOffset.UtcNow.AddSeconds(15) });
        await page.ReloadAsync();
        await Assertions.Expect(page.Locator("header").GetByText("Published", new() { Exact = true })).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Assertions.Expect(band).ToHaveCountAsync(0);
        Assert.Equal("PUBLISHED", await StatusAsync(id));
    }

    [Fact]
    public async Task Before_a_resume_an_author_decides_what_becomes_of_those_who_are_late()
    {
        var id = await dashboard.Api.PublishAsync(Designs.TwoSteps("15s"));
        await dashboard.Api.PostAsync($"/api/journeys/{id}/enrollments", JsonNode.Parse("""{ "userIds": ["late-1"] }""")!);
        await dashboard.Api.SdkAsync($"/sdk/journeys/{id}/progress", new { userId = "late-1", nodeId = "one", outcome = "COMPLETED" });
        await dashboard.Api.PostAsync($"/api/journeys/{id}/pause", new { });
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/people");
        var page = opened.Page;
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Eventually.Equal(
            1, async () => (int)(await dashboard.Api.PostAsync($"/api/journeys/{id}/resume/preview", new { }))["nodes"]![0]!["overdueHour"]!, "wait has ended");

        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await Assertions.Expect(dialog).ToContainTextAsync("These people's waits have ended meanwhile");
        await dialog.GetByLabel("Continue, but skip content until their next wait").CheckAsync();
        await Assertions.Expect(dialog).ToContainTextAsync("Content is skipped for 1 person.");
        await dialog.GetByLabel("If it ended longer ago than: number").FillAsync("401");
        await Assertions.Expect(dialog).ToContainTextAsync("It must be from 0 seconds to 400 days.");
        await dialog.GetByLabel("If it ended longer ago than: number").FillAsync("2");
        await Assertions.Expect(dialog).ToContainTextAsync("1 person is inside");
        await Assertions.Expect(dialog).Not.ToContainTextAsync("Content is skipped");
        await dialog.GetByLabel("If it ended longer ago than: number").FillAsync("0");
        await dialog.GetByLabel("Leave the journey").CheckAsync();
        await Assertions.Expect(dialog).ToContainTextAsync("1 person will leave. This cannot be undone.");
        await dialog.GetByLabel("Stop, and continue after the resume").CheckAsync();
        await Assertions.Expect(dialog).Not.ToContainTextAsync("will leave");
        await dialog.GetByLabel("Run on").CheckAsync();
        await Assertions.Expect(dialog).ToContainTextAsync("1 person will leave. This cannot be undone.");
        await opened.LookAsync("resume-late");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();

        await page.GetByRole(AriaRole.Region, new() { Name = "People in this journey" }).GetByRole(AriaRole.Link, new() { Name = "late-1" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Enrollment", Exact = true }))
            .ToContainTextAsync("left because the wait ended during a pause");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Timeline" })).ToContainTextAsync("late: this ended");
    }

    [Fact]
    public async Task Enrollment_rules_say_their_effect_and_are_saved_with_the_draft()
    {
        await dashboard.Api.PostAsync("/sdk/identify", JsonNode.Parse("""{ "userId": "rules-1", "traits": { "plan": "rules" } }""")!);
        var audience = (await dashboard.Api.PostAsync("/api/audiences", JsonNode.Parse(
            """{ "name": "On the rules plan", "rule": { "condition": { "field": "traits.plan", "operator": "EQ", "value": "rules" } } }""")!))["id"]!.GetValue<string>();
        var id = (await dashboard.Api.PostAsync("/api/journeys", new { name = "Rules" }))["id"]!.GetValue<string>();
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/enrollment");
        var page = opened.Page;

        await page.GetByRole(AriaRole.Combobox, new() { Name = "Audience" }).ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "On the rules plan" }).ClickAsync();
        await page.GetByRole(AriaRole.Switch, new() { Name = "Enroll everybody who matches" }).CheckAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Auto-enroll" })).ToContainTextAsync("about 1 person matches now");
        await page.GetByRole(AriaRole.Switch, new() { Name = "Allow visitors" }).CheckAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Anonymous visitors" })).ToContainTextAsync("they keep their place");
        await page.GetByLabel("Always").CheckAsync();
        await page.GetByLabel("Cool-down: number").FillAsync("30");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Coming back" })).ToContainTextAsync("Not before 30 days have passed");

        await BuildGoalAsync(page);
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Goal" })).ToContainTextAsync(
            """Reached by everybody who did paid at least 2 times where amount is more than 10 or (country is "DE" and has not skipped tour).""");
        await opened.LookAsync("enrollment-rules");

        await Eventually.Equal("2592000s", async () => (await JourneyAsync(id))["reEnrollmentCooldown"]?.GetValue<string>() ?? "", "the cool-down");
        await Eventually.True(async () => (await JourneyAsync(id))["goal"] is not null, "the goal to be saved");
        var journey = await JourneyAsync(id);
        Assert.Equal((audience, true, true, "ALWAYS"), (Text("audienceId"), journey["autoEnroll"]!.GetValue<bool>(), journey["allowAnonymous"]!.GetValue<bool>(), Text("reEnrollment")));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""
                { "group": { "operator": "OR", "rules": [
                    { "event": { "name": "paid", "atLeast": 2, "where": { "condition": { "field": "properties.amount", "operator": "GT", "value": 10 } } } },
                    { "group": { "operator": "AND", "rules": [
                        { "condition": { "field": "traits.country", "operator": "EQ", "value": "DE" } },
                        { "not": { "rule": { "content": { "contentId": "tour", "outcome": "SKIPPED" } } } } ] } } ] } }
                """),
            journey["goal"]!["rule"]), journey["goal"]!.ToJsonString());

        string Text(string field) => journey[field]!.GetValue<string>();
    }

    [Fact]
    public async Task Who_leaves_early_is_said_in_words_and_done_after_publishing()
    {
        var id = await PublishAsync("Leaving");
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/enrollment");
        var page = opened.Page;
        var section = page.GetByRole(AriaRole.Region, new() { Name = "Who leaves early" });

        await section.GetByRole(AriaRole.Button, new() { Name = "Add an exit rule" }).ClickAsync();
        var rule = page.GetByRole(AriaRole.Group, new() { Name = "Exit rule 1" });
        await rule.GetByLabel("Name").FillAsync("Bought");
        await Box(rule, "Event").FillAsync("bought");
        await rule.GetByLabel("Outcome").FillAsync("won");
        await Assertions.Expect(section).ToContainTextAsync("people leave with the outcome won after bought");
        await opened.LookAsync("who-leaves-early");
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("exit rules");
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish version 2" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Version 2 is live")).ToBeVisibleAsync();

        await dashboard.Api.PostAsync($"/api/journeys/{id}/enrollments", JsonNode.Parse("""{ "userIds": ["leaver"] }""")!);
        await dashboard.Api.PostAsync("/sdk/events", JsonNode.Parse("""{ "userId": "leaver", "events": [{ "name": "bought" }] }""")!);
        var left = (await dashboard.Api.GetAsync($"/api/journeys/{id}/enrollments"))["enrollments"]![0]!;
        Assert.Equal(("COMPLETED", "won"), (left["status"]!.GetValue<string>(), left["outcome"]!.GetValue<string>()));
        await opened.GoAsync($"/journeys/{id}/people/{left["id"]}");
        await Assertions.Expect(page.GetByText("exit:Bought (did bought)")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_draft_gets_the_key_that_its_author_types_and_a_published_journey_keeps_it()
    {
        var draft = await dashboard.Api.PostAsync("/api/journeys", JsonNode.Parse("""{ "name": "Called by key" }""")!);
        var id = draft["id"]!.GetValue<string>();
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/enrollment");
        var page = opened.Page;
        var section = page.GetByRole(AriaRole.Region, new() { Name = "Key", Exact = true });
        var key = section.GetByRole(AriaRole.Textbox, new() { Name = "Key" });

        await Assertions.Expect(key).ToHaveValueAsync("called-by-key");
        await key.FillAsync("Not a key");
        await section.GetByRole(AriaRole.Button, new() { Name = "Change" }).ClickAsync();
        await Assertions.Expect(section).ToContainTextAsync("must have 1 to 64 characters of a-z");
        await key.FillAsync("well-called");
        await section.GetByRole(AriaRole.Button, new() { Name = "Change" }).ClickAsync();
        await Assertions.Expect(section).ToContainTextAsync("key:well-called wherever");
        Assert.Equal(id, (await dashboard.Api.GetAsync("/api/journeys/key:well-called"))["id"]!.GetValue<string>());

        await opened.GoAsync($"/journeys/{await PublishAsync("Called for good")}/enrollment");
        await Assertions.Expect(section).ToContainTextAsync("It stays, because the journey was published.");
        await Assertions.Expect(section.GetByRole(AriaRole.Button)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_page_of_a_person_says_what_let_them_in()
    {
        var id = await PublishAsync("Let in");
        var enrolled = await dashboard.Api.PostAsync(
            $"/api/journeys/{id}/enrollments", JsonNode.Parse("""{ "userIds": ["let-in"], "properties": { "order": "o-17", "items": 3 } }""")!);
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/people/{enrolled["results"]![0]!["enrollment"]!["id"]}");

        var entry = opened.Page.Locator("section").Filter(new() { HasText = "What let them in" });

        await Assertions.Expect(entry).ToContainTextAsync("o-17");
        await Assertions.Expect(entry).ToContainTextAsync("items");
    }

    // (paid twice with amount > 10) or (country is DE and tour was not skipped)
    static async Task BuildGoalAsync(IPage page)
    {
        var goal = page.GetByRole(AriaRole.Group, new() { Name = "Goal" });
        await goal.GetByRole(AriaRole.Button, new() { Name = "Add a rule" }).ClickAsync();
        await ChooseAsync(page, "What they did");
        await Box(goal, "Event").FillAsync("paid");
        await goal.GetByLabel("How often at least").FillAsync("2");
        await goal.GetByRole(AriaRole.Button, new() { Name = "only with certain properties" }).ClickAsync();
        await Box(goal, "Field").FillAsync("amount");
        await goal.GetByLabel("Comparison").SelectOptionAsync("GT:number");
        await goal.GetByLabel("Value", new() { Exact = true }).FillAsync("10");

        await goal.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).Last.ClickAsync();
        await ChooseAsync(page, "A group of rules");
        await goal.GetByRole(AriaRole.Button, new() { Name = "and", Exact = true }).ClickAsync();
        await goal.GetByLabel("How the group is joined").SelectOptionAsync("AND");
        await Box(goal, "Field").Last.FillAsync("country");
        await goal.GetByLabel("Value", new() { Exact = true }).Last.FillAsync("DE");
        // The first is the filter's, the second the inner group's, the last the outer one's.
        await goal.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).Nth(1).ClickAsync();
        await ChooseAsync(page, "Content they finished");
        await goal.GetByLabel("Has or has not").SelectOptionAsync("not");
        await goal.GetByLabel("Outcome").SelectOptionAsync("SKIPPED");
        await Box(goal, "Content").FillAsync("tour");
    }

    static ILocator Box(ILocator group, string name) => group.GetByRole(AriaRole.Combobox, new() { Name = name, Exact = true });

    static Task ChooseAsync(IPage page, string what) => page.GetByRole(AriaRole.Menuitem, new() { Name = what }).ClickAsync();

    static ILocator Row(IPage page, string name) => page.GetByRole(AriaRole.Row, new() { Name = name });

    static async Task ActAsync(IPage page, string action)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Actions for Moves" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = action }).ClickAsync();
    }

    Task<string> PublishAsync(string name)
    {
        var journey = Designs.TwoSteps("600s");
        journey["name"] = name;
        return dashboard.Api.PublishAsync(journey);
    }

    Task<JsonNode> JourneyAsync(string id) => dashboard.Api.GetAsync($"/api/journeys/{id}");

    async Task<string> StatusAsync(string id) => (await JourneyAsync(id))["status"]!.GetValue<string>();
}
