using System.Text.Json.Nodes;
using Journeys.Testing;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>The journey builder, as an author uses it.</summary>
[Collection(Dashboard.Collection)]
public sealed class DashboardBuilderTests(Dashboard dashboard)
{
    const string View = "document.querySelector('.react-flow__viewport').style.transform";

    // Where each kind of node is dropped, far enough apart and left of where its properties open.
    static readonly (string Kind, int X, int Y)[] Places =
    [
        ("Trigger", 120, 120), ("Content", 380, 120), ("Wait", 620, 120), ("Wait for event", 120, 330),
        ("Condition", 380, 330), ("Split", 620, 330), ("Goal check", 120, 540), ("Exit", 380, 560),
    ];

    [Fact]
    public async Task An_author_builds_a_journey_with_every_kind_of_node_and_publishes_it()
    {
        await using var opened = await dashboard.OpenAsync("/journeys");
        var page = opened.Page;
        await page.GetByRole(AriaRole.Button, new() { Name = "Create New Journey" }).First.ClickAsync();
        await page.GetByLabel("Name").FillAsync("Built by dragging");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();

        foreach (var (kind, x, y) in Places)
        {
            await DropAsync(page, kind, x, y);
            // What opens at its right must not be in the way of the next one.
            await page.Keyboard.PressAsync("Escape");
        }

        await Assertions.Expect(page.Locator(".react-flow__node")).ToHaveCountAsync(Places.Length);

        await FitAsync(page);
        foreach (var (source, branch, target) in new[]
        {
            ("start", "", "content"), ("content", "", "wait"), ("wait", "", "hold"), ("hold", "event", "condition"), ("hold", "timeout", "condition"),
            ("condition", "yes", "split"), ("condition", "else", "split"), ("split", "a", "goal"), ("split", "b", "goal"), ("goal", "success", "end"), ("goal", "fallback", "end"),
        })
            await ConnectAsync(page, source, branch, target);
        await Assertions.Expect(page.Locator(".react-flow__edge")).ToHaveCountAsync(11);

        await page.Keyboard.PressAsync("Shift+A");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "4 problems" })).ToBeVisibleAsync();
        await opened.LookAsync("builder-problems");
        await FixAllAsync(page);
        await Assertions.Expect(page.GetByText("Ready to publish")).ToBeVisibleAsync();
        await opened.LookAsync("builder");

        await page.GetByRole(AriaRole.Button, new() { Name = "Publish", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByText("The first version, with 8 nodes.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish version 1" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Version 1 is live")).ToBeVisibleAsync();

        var version = (await dashboard.Api.GetAsync($"/api/journeys/{IdOf(page)}/versions/1"))["design"]!["graph"]!;
        Assert.Equal(
            ["trigger", "content", "wait", "waitForEvent", "condition", "split", "goalCheck", "exit"],
            version["nodes"]!.AsArray().Select(node => node!.AsObject().Select(field => field.Key).Single(key => key is not ("id" or "name" or "position"))));
        Assert.Equal(11, version["edges"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_gap_in_a_draft_is_told_once_by_name_and_is_no_fault_before_publishing()
    {
        var id = (await dashboard.Api.PostAsync("/api/journeys", JsonNode.Parse("""
            { "name": "With a gap", "graph": {
                "nodes": [ { "id": "start", "position": { "x": 0, "y": 0 }, "trigger": { "manual": {} } },
                           { "id": "n1", "name": "Welcome", "position": { "x": 300, "y": 0 }, "content": { "contentType": "ANNOUNCEMENT", "contentId": "hello" } },
                           { "id": "n2", "name": "A rest", "position": { "x": 0, "y": 200 }, "wait": { "duration": "60s" } },
                           { "id": "end", "position": { "x": 300, "y": 200 }, "exit": { "outcome": "done" } } ],
                "edges": [ { "id": "e1", "source": "start", "target": "n1" }, { "id": "e2", "source": "n2", "target": "end" } ] } }
            """)!))["id"]!.GetValue<string>();
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/build");
        var page = opened.Page;
        var faulty = page.Locator(".react-flow__node [data-faulty]");

        await page.GetByRole(AriaRole.Button, new() { Name = "1 not connected yet" }).ClickAsync();
        var list = page.GetByRole(AriaRole.List, new() { Name = "Problems" });
        await Assertions.Expect(list.GetByRole(AriaRole.Listitem)).ToHaveTextAsync(["WelcomeNothing follows this node yet."]);
        await Assertions.Expect(faulty).ToHaveCountAsync(0);
        await opened.LookAsync("builder-unfinished");

        await page.GetByRole(AriaRole.Button, new() { Name = "Publish", Exact = true }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog, new() { Name = "Publish version 1" });
        await Assertions.Expect(dialog).ToContainTextAsync("1 problem prevents publishing");
        await Assertions.Expect(dialog).ToContainTextAsync("Welcome: Nothing follows this node yet.");
        await opened.LookAsync("publish-hindered");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "1 problem" })).ToBeVisibleAsync();
        await Assertions.Expect(faulty).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task A_press_stops_a_canvas_that_moves()
    {
        var id = await CreateAsync("Held");
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/build");
        var page = opened.Page;
        await page.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.NoPreference });
        await Assertions.Expect(page.Locator(".react-flow__node").First).ToBeVisibleAsync();
        await page.Mouse.MoveAsync(700, 600);
        await MovesAsync(page, () => page.Mouse.WheelAsync(0, 900));

        await FitAsync(page);
        await page.Locator(".react-flow__pane").DispatchEventAsync("pointerdown");
        var held = await page.EvaluateAsync<string>(View);

        // Longer than it takes the canvas to get there.
        await page.EvaluateAsync("() => new Promise(done => setTimeout(done, 400))");
        Assert.Equal(held, await page.EvaluateAsync<string>(View));
    }

    [Fact]
    public async Task What_was_done_can_be_undone_and_nodes_can_be_copied()
    {
        var id = await CreateAsync("Undone");
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/build");
        var page = opened.Page;
        var nodes = page.Locator(".react-flow__node");
        await Assertions.Expect(nodes).ToHaveCountAsync(3);

        await page.Keyboard.PressAsync("Control+A");
        await page.Keyboard.PressAsync("Control+C");
        await page.Keyboard.PressAsync("Control+V");
        await Assertions.Expect(nodes).ToHaveCountAsync(6);
        await Assertions.Expect(page.Locator(".react-flow__edge")).ToHaveCountAsync(4);

        await page.Keyboard.PressAsync("Delete");
        await Assertions.Expect(nodes).ToHaveCountAsync(3);
        await page.Keyboard.PressAsync("Control+Z");
        await Assertions.Expect(nodes).ToHaveCountAsync(6);
        await page.Keyboard.PressAsync("Control+Z");
        await Assertions.Expect(nodes).ToHaveCountAsync(3);
        await page.Keyboard.PressAsync("Control+Shift+Z");
        await Assertions.Expect(nodes).ToHaveCountAsync(6);

        await Eventually.Equal(6, async () => (await DraftAsync(id))["graph"]!["nodes"]!.AsArray().Count, "the draft's nodes");
    }

    [Fact]
    public async Task Two_authors_at_one_draft_are_asked_whose_stays()
    {
        var id = await CreateAsync("Contested");
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/build");
        var page = opened.Page;
        await dashboard.Api.PatchAsync($"/api/journeys/{id}", new { description = "theirs" });

        await page.Locator(".react-flow__node").First.ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Mine");
        var alert = page.GetByRole(AriaRole.Alert);
        await Assertions.Expect(alert).ToContainTextAsync("Somebody else has changed this draft");
        await opened.LookAsync("builder-conflict");
        Assert.Equal("", (await DraftAsync(id))["graph"]!["nodes"]![0]!["name"]!.GetValue<string>());

        await page.GetByRole(AriaRole.Button, new() { Name = "Keep mine" }).ClickAsync();
        await Assertions.Expect(alert).ToHaveCountAsync(0);

        await Eventually.Equal("Mine", async () => (await DraftAsync(id))["graph"]!["nodes"]![0]!["name"]!.GetValue<string>(), "the name");
        // What the other author changed and this one did not is kept.
        Assert.Equal("theirs", (await DraftAsync(id))["description"]!.GetValue<string>());
    }

    [Fact]
    public async Task Publishing_again_says_what_changes_and_whom_it_concerns()
    {
        var id = await CreateAsync("Twice");
        await dashboard.Api.PostAsync($"/api/journeys/{id}/publish", new { });
        await dashboard.Api.PostAsync($"/api/journeys/{id}/enrollments", JsonNode.Parse("""{ "userIds": ["one", "two"] }""")!);
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/build");
        var page = opened.Page;

        await page.Locator(".react-flow__node[data-id=hello]").ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Hello again");
        await page.GetByRole(AriaRole.Button, new() { Name = "Close the properties" }).ClickAsync();
        await DropAsync(page, "Exit", 300, 500);
        await page.Keyboard.PressAsync("Delete");
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish", Exact = true }).ClickAsync();

        var dialog = page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(dialog).ToContainTextAsync("Changed (1)");
        await Assertions.Expect(dialog).ToContainTextAsync("Hello again");
        await Assertions.Expect(dialog.GetByRole(AriaRole.Region, new() { Name = "Field by field" })).ToContainTextAsync("namenothing → “Hello again”");
        await Assertions.Expect(dialog).ToContainTextAsync("People enter only when you enroll them, by hand or through the API.");
        await Assertions.Expect(dialog).ToContainTextAsync("Shown first: Hello again (Announcement: hello).");
        await Assertions.Expect(dialog).ToContainTextAsync("2 people are inside and stay on the version they entered");
        await opened.LookAsync("publish");
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish version 2" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Version 2 is live")).ToBeVisibleAsync();

        await opened.GoAsync($"/journeys/{id}/versions/1");
        await Assertions.Expect(page.GetByText("Version 1 of 2")).ToBeVisibleAsync();
        await page.Locator(".react-flow__node[data-id=hello]").ClickAsync();
        await Assertions.Expect(page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync("");
        await Assertions.Expect(page.GetByLabel("Name", new() { Exact = true })).Not.ToBeEditableAsync();
        await opened.LookAsync("version");

        await page.GetByRole(AriaRole.Button, new() { Name = "Use as draft" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Use as draft" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Ready to publish")).ToBeVisibleAsync();
        Assert.DoesNotContain("Hello again", (await DraftAsync(id))["graph"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_paused_journey_is_mended_and_a_version_is_made_the_draft_from_the_list()
    {
        var id = await CreateAsync("Mended");
        await dashboard.Api.PostAsync($"/api/journeys/{id}/publish", new { note = "As it was" });
        await dashboard.Api.PostAsync($"/api/journeys/{id}/enrollments", JsonNode.Parse("""{ "userIds": ["one"] }""")!);
        await dashboard.Api.PostAsync($"/api/journeys/{id}/pause", new { });
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/build");
        var page = opened.Page;

        await page.Locator(".react-flow__node[data-id=hello]").ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Hello again");
        await page.GetByRole(AriaRole.Button, new() { Name = "Close the properties" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("The journey stays paused. 1 person is inside");
        await page.GetByLabel("Note").FillAsync("Says hello again");
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish version 2" }).ClickAsync();
        await Assertions.Expect(page.GetByText("the journey is still paused")).ToBeVisibleAsync();

        await dashboard.Api.PatchAsync($"/api/journeys/{id}", new { description = "Never published" });
        await opened.GoAsync($"/journeys/{id}/versions");
        await Assertions.Expect(Row(page, "Version 2")).ToContainTextAsync("Says hello again");
        await Assertions.Expect(Row(page, "Version 1")).ToContainTextAsync("As it was");
        await opened.LookAsync("versions");
        await page.GetByRole(AriaRole.Button, new() { Name = "Use version 1 as the draft" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("never published: they are lost");
        await page.GetByRole(AriaRole.Button, new() { Name = "Use as draft", Exact = true }).ClickAsync();

        await Assertions.Expect(page.GetByText("Ready to publish")).ToBeVisibleAsync();
        var draft = await DraftAsync(id);
        Assert.Equal("PAUSED", draft["status"]!.GetValue<string>());
        Assert.DoesNotContain("Hello again", draft["graph"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journey_is_built_without_a_mouse()
    {
        var id = (await dashboard.Api.PostAsync("/api/journeys", new { name = "By keyboard" }))["id"]!.GetValue<string>();
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/build");
        var page = opened.Page;
        foreach (var kind in (string[])["Trigger", "Exit"])
        {
            await page.GetByRole(AriaRole.Region, new() { Name = "Palette" }).GetByRole(AriaRole.Button, new() { Name = kind }).PressAsync("Enter");
            await Assertions.Expect(Properties(page).GetByRole(AriaRole.Heading, new() { Name = kind })).ToBeVisibleAsync();
        }

        // What is added while a node is selected comes after it.
        await Assertions.Expect(page.Locator(".react-flow__edge")).ToHaveCountAsync(1);
        await SelectAsync(page, "start");
        await page.GetByLabel("Leads to").SelectOptionAsync("");
        await Assertions.Expect(page.Locator(".react-flow__edge")).ToHaveCountAsync(0);
        await page.GetByLabel("Leads to").SelectOptionAsync("end");

        await Assertions.Expect(page.GetByText("Ready to publish")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".react-flow__edge")).ToHaveCountAsync(1);
    }

    static async Task DropAsync(IPage page, string kind, int x, int y)
    {
        await page.GetByRole(AriaRole.Region, new() { Name = "Palette" }).GetByRole(AriaRole.Button, new() { Name = kind, Exact = true })
            .DragToAsync(page.Locator(".react-flow__pane"), new() { TargetPosition = new() { X = x, Y = y } });
        await Assertions.Expect(Properties(page).GetByRole(AriaRole.Heading, new() { Name = kind, Exact = true })).ToBeVisibleAsync();
    }

    // React Flow moves the canvas some frames after the press. Until then a node looks as if it stood still.
    static Task FitAsync(IPage page) =>
        MovesAsync(page, () => page.GetByRole(AriaRole.Button, new() { Name = "Fit", Exact = true }).ClickAsync());

    static async Task MovesAsync(IPage page, Func<Task> act)
    {
        var before = await page.EvaluateAsync<string>(View);
        await act();
        await page.WaitForFunctionAsync($"before => {View} !== before", before);
    }

    static async Task ConnectAsync(IPage page, string source, string branch, string target)
    {
        var edges = page.Locator(".react-flow__edge");
        var before = await edges.CountAsync();
        await page.Locator($".react-flow__node[data-id={source}] .source[data-handleid='out:{branch}']")
            .DragToAsync(page.Locator($".react-flow__node[data-id={target}] .target"));
        await Assertions.Expect(edges).ToHaveCountAsync(before + 1);
    }

    static async Task FixAllAsync(IPage page)
    {
        await SelectAsync(page, "content");
        await Box(page, "Content id").FillAsync("welcome");
        await page.GetByLabel("Title").FillAsync("Welcome");

        await SelectAsync(page, "hold");
        await Box(page, "Event").FillAsync("project_created");

        await SelectAsync(page, "condition");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a rule" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "What we know about them" }).ClickAsync();
        await Box(page, "Field").FillAsync("plan");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Value" }).FillAsync("pro");
        // Who names a field without its root means a trait.
        await Assertions.Expect(Box(page, "Field")).ToHaveValueAsync("traits.plan");
        await Assertions.Expect(page.GetByText("match now").Or(page.GetByText("matches now"))).ToBeVisibleAsync();

        await SelectAsync(page, "goal");
        await page.GetByLabel("A goal of its own").CheckAsync();
        await Box(page, "Event").FillAsync("paid");
        await page.GetByRole(AriaRole.Button, new() { Name = "Close the properties" }).ClickAsync();
    }

    static ILocator Row(IPage page, string name) => page.GetByRole(AriaRole.Row, new() { Name = name });

    static ILocator Properties(IPage page) => page.GetByRole(AriaRole.Complementary, new() { Name = "Properties" });

    static ILocator Box(IPage page, string name) => page.GetByRole(AriaRole.Combobox, new() { Name = name, Exact = true });

    static async Task SelectAsync(IPage page, string nodeId)
    {
        // By keyboard, because the properties of the one before may lie over it.
        await page.Locator($".react-flow__node[data-id={nodeId}]").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator($".react-flow__node[data-id={nodeId}].selected")).ToBeVisibleAsync();
    }

    async Task<string> CreateAsync(string name) =>
        (await dashboard.Api.PostAsync("/api/journeys", JsonNode.Parse($$"""
            { "name": "{{name}}", "graph": {
                "nodes": [ { "id": "start", "position": { "x": 0, "y": 0 }, "trigger": { "manual": {} } },
                           { "id": "hello", "position": { "x": 300, "y": 0 }, "content": { "contentType": "ANNOUNCEMENT", "contentId": "hello" } },
                           { "id": "end", "position": { "x": 600, "y": 0 }, "exit": { "outcome": "done" } } ],
                "edges": [ { "id": "e1", "source": "start", "target": "hello" }, { "id": "e2", "source": "hello", "target": "end" } ] } }
            """)!))["id"]!.GetValue<string>();

    Task<JsonNode> DraftAsync(string id) => dashboard.Api.GetAsync($"/api/journeys/{id}");

    static string IdOf(IPage page) => new Uri(page.Url).Segments[2].TrimEnd('/');
}
