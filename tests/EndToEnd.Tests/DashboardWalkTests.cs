using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>The whole way: an author publishes, a visitor walks on the demo site, and the author watches, pauses, resumes and archives.</summary>
[Collection(Dashboard.Collection)]
public sealed class DashboardWalkTests(Dashboard dashboard)
{
    [Fact]
    public async Task An_author_watches_a_visitor_walk_and_pauses_resumes_and_archives_meanwhile()
    {
        var journey = (await dashboard.Api.PostAsync("/api/journeys", Garden()))["id"]!.GetValue<string>();
        await File.WriteAllTextAsync(dashboard.DemoConfig, JsonSerializer.Serialize(new { tenantKey = Deployment.PublishableKey, journeyId = journey }));
        await using var author = await dashboard.OpenAsync($"/journeys/{journey}/build");
        await author.Page.GetByRole(AriaRole.Button, new() { Name = "Publish", Exact = true }).ClickAsync();
        await author.Page.GetByRole(AriaRole.Button, new() { Name = "Publish version 1" }).ClickAsync();
        await Assertions.Expect(author.Page.GetByText("Published", new() { Exact = true })).ToBeVisibleAsync();
        await author.Page.GetByRole(AriaRole.Link, new() { Name = "Analytics", Exact = true }).ClickAsync();
        await Assertions.Expect(Node(author, "welcome")).ToContainTextAsync("0 entered");

        await using var visitor = await dashboard.OpenAsStrangerAsync("/demo/signup.html");
        await visitor.Page.GetByLabel("Your name").FillAsync("Robin");
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Create my garden" }).ClickAsync();
        await Assertions.Expect(Shown(visitor, "Welcome")).ToBeVisibleAsync();
        await Assertions.Expect(Node(author, "welcome")).ToContainTextAsync("1 here now");
        await Shown(visitor, "Welcome").GetByRole(AriaRole.Button, new() { Name = "Let's plant" }).ClickAsync();
        await Assertions.Expect(Node(author, "hold")).ToContainTextAsync("1 here now");

        // What happens during a pause is kept, and applied on resume.
        await ActAsync(author, "Pause");
        await author.Page.GetByRole(AriaRole.Button, new() { Name = "Pause", Exact = true }).ClickAsync();
        await Assertions.Expect(author.Page.GetByText("Paused", new() { Exact = true })).ToBeVisibleAsync();
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Add a bed" }).ClickAsync();
        await visitor.Page.GetByLabel("Name").FillAsync("By the fence");
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Plant it" }).ClickAsync();
        await author.Page.GetByRole(AriaRole.Link, new() { Name = "People", Exact = true }).ClickAsync();
        await author.Page.GetByRole(AriaRole.Region, new() { Name = "People in this journey" }).GetByRole(AriaRole.Link).ClickAsync();
        var waiting = author.Page.GetByRole(AriaRole.Region, new() { Name = "Waiting for" });
        await Assertions.Expect(waiting).ToContainTextAsync("1 report or event from the meantime will be applied after the resume.");
        await author.LookAsync("person-paused");

        await ActAsync(author, "Resume");
        await Assertions.Expect(author.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("1 event came during the pause and will be applied");
        await author.LookAsync("resume");
        await author.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await Assertions.Expect(Shown(visitor, "A bed of your own")).ToBeVisibleAsync();
        await Assertions.Expect(author.Page.GetByRole(AriaRole.Region, new() { Name = "Timeline" })).ToContainTextAsync("Did bed_added");

        // Archiving takes people out, wherever they are.
        await ActAsync(author, "Archive");
        await author.Page.GetByRole(AriaRole.Button, new() { Name = "Archive", Exact = true }).ClickAsync();
        await Assertions.Expect(Shown(visitor, "A bed of your own")).ToHaveCountAsync(0);
        await Assertions.Expect(author.Page.GetByRole(AriaRole.Region, new() { Name = "Enrollment", Exact = true })).ToContainTextAsync("the journey was archived");
    }

    static ILocator Node(DashboardPage author, string id) => author.Page.Locator($".react-flow__node[data-id={id}]");

    static ILocator Shown(DashboardPage visitor, string title) => visitor.Page.GetByRole(AriaRole.Dialog, new() { Name = title });

    static async Task ActAsync(DashboardPage author, string action)
    {
        await author.Page.GetByRole(AriaRole.Button, new() { Name = "Actions for Garden" }).ClickAsync();
        await author.Page.GetByRole(AriaRole.Menuitem, new() { Name = action, Exact = true }).ClickAsync();
    }

    static JsonNode Garden() => JsonNode.Parse("""
        { "name": "Garden", "graph": {
            "nodes": [
              {"id": "start", "trigger": {"customEvent": {"eventName": "garden_created"}}},
              {"id": "welcome", "name": "Welcome", "content": {"contentType": "ANNOUNCEMENT", "contentId": "welcome", "payload": {"title": "Welcome", "primary": {"label": "Let's plant"}}}},
              {"id": "hold", "name": "First bed", "waitForEvent": {"events": [{"eventName": "bed_added"}]}},
              {"id": "praise", "name": "Praise", "content": {"contentType": "ANNOUNCEMENT", "contentId": "praise", "payload": {"title": "A bed of your own", "primary": {"label": "Done"}}}},
              {"id": "end", "exit": {"outcome": "planted"}} ],
            "edges": [
              {"id": "e1", "source": "start", "target": "welcome"}, {"id": "e2", "source": "welcome", "target": "hold"},
              {"id": "e3", "source": "hold", "target": "praise", "branch": "event"}, {"id": "e4", "source": "praise", "target": "end"} ] } }
        """)!;
}
