using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>A draft is tried on made-up people before anybody is inside.</summary>
[Collection(Dashboard.Collection)]
public sealed partial class DashboardSimulationTests(Dashboard dashboard)
{
    [Fact]
    public async Task One_press_tries_a_draft_and_shows_what_comes_of_it()
    {
        var journey = await ChangedAsync();
        await using var opened = await dashboard.OpenAsync($"/journeys/{journey}/build");
        var page = opened.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "Simulate", Exact = true }).ClickAsync();

        var side = page.GetByRole(AriaRole.Complementary, new() { Name = "Simulation" });
        await Assertions.Expect(side.GetByText("Entered", new() { Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(side).ToContainTextAsync(OfTenThousand());
        await Assertions.Expect(side.GetByRole(AriaRole.Region, new() { Name = "Endings" })).ToContainTextAsync("Completed: won");
        await Assertions.Expect(side.GetByRole(AriaRole.Region, new() { Name = "Compared with version 1" })).ToContainTextAsync("take a different path or end differently than in version 1");
        await Assertions.Expect(Node(page, "start")).ToContainTextAsync(Came());
        await opened.LookAsync("simulation");

        // Tried again with the same luck, it has the same numbers, and its address is one's to pass on.
        await page.ReloadAsync();
        await Assertions.Expect(side).ToContainTextAsync(OfTenThousand());

        var finding = side.GetByRole(AriaRole.Button, new() { NameRegex = StuckAtHold() });
        await finding.ClickAsync();
        await Assertions.Expect(page.Locator(".react-flow__node.selected")).ToHaveAttributeAsync("data-id", "hold");
        await opened.LookAsync("simulation-finding");

        await side.GetByRole(AriaRole.List, new() { Name = "Findings" }).GetByRole(AriaRole.Button, new() { NameRegex = APerson() }).First.ClickAsync();
        await Assertions.Expect(side).ToContainTextAsync("Entered with the event signed_up");
        await Assertions.Expect(side).ToContainTextAsync("The wait ended");
        await opened.LookAsync("simulation-person");
        await side.GetByRole(AriaRole.Button, new() { Name = "The whole simulation" }).ClickAsync();

        await PlayAsync(page);

        await side.GetByText("Change the settings").ClickAsync();
        await side.GetByRole(AriaRole.Textbox, new() { Name = "People", Exact = true }).FillAsync("500");
        await side.GetByRole(AriaRole.Button, new() { Name = "Simulate again" }).ClickAsync();
        await Assertions.Expect(side).ToContainTextAsync("of 500 people");
    }

    [Fact]
    public async Task Who_cannot_come_in_is_explained()
    {
        var journey = await ChangedAsync();
        await using var opened = await dashboard.OpenAsync($"/journeys/{journey}/simulate");
        var page = opened.Page;
        var side = page.GetByRole(AriaRole.Complementary, new() { Name = "Simulation" });
        await opened.LookAsync("simulation-empty");

        await side.GetByRole(AriaRole.Textbox, new() { Name = "signed_up: percent of people" }).FillAsync("0");
        await side.GetByRole(AriaRole.Button, new() { Name = "Start the simulation" }).ClickAsync();

        await Assertions.Expect(side.GetByText("Nobody entered")).ToBeVisibleAsync();
        await opened.LookAsync("simulation-nobody");
        await side.GetByRole(AriaRole.Button, new() { Name = "Show the trigger" }).ClickAsync();
        await Assertions.Expect(page.Locator(".react-flow__node.selected")).ToHaveAttributeAsync("data-id", "start");
        await side.GetByRole(AriaRole.Button, new() { Name = "Simulate entry without it" }).ClickAsync();
        await Assertions.Expect(side).ToContainTextAsync("10,000 of 10,000 people");
    }

    [Fact]
    public async Task A_draft_that_cannot_be_published_cannot_be_tried()
    {
        var journey = (await dashboard.Api.PostAsync("/api/journeys", new { name = "Nothing in it" }))["id"]!.GetValue<string>();
        await using var opened = await dashboard.OpenAsync($"/journeys/{journey}/build");
        var page = opened.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "Simulate", Exact = true }).ClickAsync();

        await Assertions.Expect(page.GetByText("This draft cannot be simulated yet")).ToBeVisibleAsync();
        await opened.LookAsync("simulation-refused");
        await page.GetByRole(AriaRole.Link, new() { Name = "Show them in the builder" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.List, new() { Name = "Problems" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_long_simulation_shows_how_far_it_is_and_is_cancelled()
    {
        var journey = await ChangedAsync();
        await using var opened = await dashboard.OpenAsync($"/journeys/{journey}/simulate");
        var page = opened.Page;
        var side = page.GetByRole(AriaRole.Complementary, new() { Name = "Simulation" });
        await side.GetByRole(AriaRole.Textbox, new() { Name = "People", Exact = true }).FillAsync("200000");
        await side.GetByRole(AriaRole.Textbox, new() { Name = "How long: number" }).FillAsync("400");

        await side.GetByRole(AriaRole.Button, new() { Name = "Start the simulation" }).ClickAsync();

        await Assertions.Expect(side.GetByText("people a second")).ToBeVisibleAsync();
        await opened.LookAsync("simulation-running");
        await side.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Assertions.Expect(side.GetByText("Cancelled after")).ToBeVisibleAsync();
        await opened.LookAsync("simulation-cancelled");
    }

    /// <summary>Goes through the days by key, then has them played: dots for who likes motion, numbers for who does not.</summary>
    static async Task PlayAsync(IPage page)
    {
        var time = page.GetByRole(AriaRole.Group, new() { Name = "Time" });
        await time.GetByRole(AriaRole.Slider).PressAsync("Home");
        await Assertions.Expect(time).ToContainTextAsync("Day 1, 00:00");
        await Assertions.Expect(Node(page, "start")).ToContainTextAsync("0 came");
        await page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(time).ToContainTextAsync("Day 1, 01:00");

        await time.GetByRole(AriaRole.Button, new() { Name = "Play the days" }).ClickAsync();
        await Assertions.Expect(time).ToContainTextAsync("Day 3");
        await Assertions.Expect(page.Locator("animateMotion")).ToHaveCountAsync(0);
        await page.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.NoPreference });
        await Assertions.Expect(page.Locator("animateMotion").First).ToBeAttachedAsync();
        await page.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        // A day a second.
        await Assertions.Expect(time).ToContainTextAsync("At the end", new() { Timeout = 120_000 });
        await Assertions.Expect(time.GetByRole(AriaRole.Button, new() { Name = "Play the days" })).ToBeVisibleAsync();
    }

    /// <summary>A published journey whose draft waits longer, and whose people wait for an event that only half of them do.</summary>
    async Task<string> ChangedAsync()
    {
        var journey = await dashboard.Api.PublishAsync(JsonNode.Parse("""
            { "name": "Tried out", "graph": {
                "nodes": [
                  {"id": "start", "trigger": {"customEvent": {"eventName": "signed_up"}}},
                  {"id": "tour", "content": {"contentType": "FLOW", "contentId": "tour", "expireAfter": "604800s"}},
                  {"id": "plan", "condition": {"branches": [{"name": "pro", "rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}}]}},
                  {"id": "rest", "wait": {"duration": "86400s"}},
                  {"id": "hold", "waitForEvent": {"events": [{"eventName": "project_created"}]}},
                  {"id": "won", "exit": {"outcome": "won"}}, {"id": "lost", "exit": {"outcome": "lost"}} ],
                "edges": [
                  {"id": "e1", "source": "start", "target": "tour"}, {"id": "e2", "source": "tour", "target": "plan"}, {"id": "e3", "source": "tour", "target": "lost", "branch": "timeout"},
                  {"id": "e4", "source": "plan", "target": "rest", "branch": "pro"}, {"id": "e5", "source": "plan", "target": "lost", "branch": "else"},
                  {"id": "e6", "source": "rest", "target": "hold"}, {"id": "e7", "source": "hold", "target": "won", "branch": "event"} ] } }
            """)!);
        var draft = await dashboard.Api.GetAsync($"/api/journeys/{journey}");
        draft["graph"]!["nodes"]![3]!["wait"]!["duration"] = "864000s";
        await dashboard.Api.PatchAsync($"/api/journeys/{journey}", new { revision = draft["revision"]!.GetValue<int>(), graph = draft["graph"]!.DeepClone() });
        return journey;
    }

    static ILocator Node(IPage page, string id) => page.Locator($".react-flow__node[data-id={id}]");

    [GeneratedRegex("[0-9],[0-9]{3} of 10,000 people")]
    private static partial Regex OfTenThousand();

    [GeneratedRegex("[0-9],[0-9]{3} came")]
    private static partial Regex Came();

    [GeneratedRegex("^Stuck permanently: hold")]
    private static partial Regex StuckAtHold();

    [GeneratedRegex("^person [0-9]+$")]
    private static partial Regex APerson();
}
