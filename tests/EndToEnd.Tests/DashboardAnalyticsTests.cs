using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>What happened in a journey, counted on its graph and beside it.</summary>
[Collection(Dashboard.Collection)]
public sealed class DashboardAnalyticsTests(Dashboard dashboard)
{
    [Fact]
    public async Task Counts_stand_on_the_graph_and_change_by_themselves()
    {
        var journey = await dashboard.Api.PublishAsync(Designs.TwoSteps("604800s"));
        await dashboard.Api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = Enumerable.Range(1, 4).Select(i => $"counted-{i}") });
        await dashboard.Api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId = "counted-1", nodeId = "one", outcome = "COMPLETED" });
        await using var opened = await dashboard.OpenAsync($"/journeys/{journey}/analytics");
        var page = opened.Page;
        var graph = page.GetByRole(AriaRole.Region, new() { Name = "Where people go" });
        await Assertions.Expect(Node(graph, "one")).ToContainTextAsync("4 entered");
        await Assertions.Expect(Node(graph, "one")).ToContainTextAsync("3 here now");
        await Assertions.Expect(Node(graph, "rest")).ToContainTextAsync("1 here now");

        await dashboard.Api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId = "counted-2", nodeId = "one", outcome = "COMPLETED" });

        await Assertions.Expect(Node(graph, "one")).ToContainTextAsync("2 here now");
        await Assertions.Expect(Node(graph, "rest")).ToContainTextAsync("2 here now");
        await Assertions.Expect(page.GetByRole(AriaRole.List, new() { Name = "Funnel" }).GetByRole(AriaRole.Listitem).First).ToContainTextAsync("Entered4100%");
        await opened.LookAsync("analytics");
        await page.GetByRole(AriaRole.Heading, new() { Name = "Time spent" }).ScrollIntoViewIfNeededAsync();
        await opened.LookAsync("analytics-below");

        await Node(graph, "one").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "See who is here now" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "People in this journey" }).Locator("tbody tr")).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task A_version_and_a_time_are_chosen()
    {
        var journey = await dashboard.Api.PublishAsync(Designs.TwoSteps("604800s"));
        await dashboard.Api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = Enumerable.Range(1, 3).Select(i => $"old-{i}") });
        await dashboard.Api.PostAsync($"/api/journeys/{journey}/publish", new { });
        await dashboard.Api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = Enumerable.Range(1, 2).Select(i => $"new-{i}") });
        await using var opened = await dashboard.OpenAsync($"/journeys/{journey}/analytics");
        var page = opened.Page;
        var graph = page.GetByRole(AriaRole.Region, new() { Name = "Where people go" });
        await Assertions.Expect(Node(graph, "one")).ToContainTextAsync("5 entered");

        await page.GetByRole(AriaRole.Combobox, new() { Name = "Version" }).ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "Version 1" }).ClickAsync();
        await Assertions.Expect(Node(graph, "one")).ToContainTextAsync("3 entered");

        await page.GetByText("7 days").ClickAsync();
        await Assertions.Expect(Node(graph, "one")).ToContainTextAsync("3 entered");
        Assert.EndsWith("?version=1&days=7", page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_are_read_added_up_and_kept_as_a_file()
    {
        var survey = JsonNode.Parse("""{"questions": [{"id": "nps", "type": "nps", "label": "Would you tell a friend?"}, {"id": "why", "type": "text", "label": "Why?"}]}""")!;
        var journey = await dashboard.Api.PublishAsync(Designs.Sharing(survey));
        foreach (var (person, outcome, data) in new (string, string, object)[]
        {
            ("answers-1", "COMPLETED", new { nps = 10, why = "=HYPERLINK(\"http://x\")" }),
            ("answers-2", "COMPLETED", new { nps = 3, why = "Too many windows, too little time." }),
            ("answers-3", "DISMISSED", new { }),
        })
        {
            await dashboard.Api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = new[] { person } });
            await dashboard.Api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId = person, nodeId = "ask", outcome, data });
        }

        await using var opened = await dashboard.OpenAsync($"/journeys/{journey}/analytics");
        var page = opened.Page;
        var graph = page.GetByRole(AriaRole.Region, new() { Name = "Where people go" });
        await Assertions.Expect(Node(graph, "ask")).ToContainTextAsync("2finished");
        await Assertions.Expect(Node(graph, "ask")).ToContainTextAsync("1dismissed");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Outcomes by content" }).GetByRole(AriaRole.Row).Last).ToHaveTextAsync("ask30021000");

        var responses = page.GetByRole(AriaRole.Region, new() { Name = "Responses", Exact = true });
        await Assertions.Expect(responses).ToContainTextAsync("0 NPS");
        await Assertions.Expect(responses).ToContainTextAsync("Promoters: 1");
        await responses.ScrollIntoViewIfNeededAsync();
        await opened.LookAsync("analytics-responses");
        var download = await page.RunAndWaitForDownloadAsync(() => responses.GetByRole(AriaRole.Button, new() { Name = "Export as CSV" }).ClickAsync());
        var lines = await File.ReadAllLinesAsync(await download.PathAsync());
        Assert.Equal("time,userId,anonymousId,enrollmentId,version,outcome,nps,why", lines[0]);
        Assert.EndsWith(",1,COMPLETED,3,\"Too many windows, too little time.\"", lines[1], StringComparison.Ordinal);
        Assert.EndsWith(",10,\"'=HYPERLINK(\"\"http://x\"\")\"", lines[2], StringComparison.Ordinal);
        Assert.Equal(3, lines.Length);

        await responses.GetByRole(AriaRole.Link, new() { Name = "answers-2" }).ClickAsync();
        // The page before shows the same words.
        await Assertions.Expect(responses).ToHaveCountAsync(0);
        await Assertions.Expect(page.GetByText("Too many windows, too little time.")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("Would you tell a friend?")).ToBeVisibleAsync();
        await opened.LookAsync("person-answers");
    }

    [Fact]
    public async Task A_draft_says_that_there_is_nothing_to_count()
    {
        var journey = (await dashboard.Api.PostAsync("/api/journeys", new { name = "Never published" }))["id"]!.GetValue<string>();
        await using var opened = await dashboard.OpenAsync($"/journeys/{journey}/analytics");

        await Assertions.Expect(opened.Page.GetByRole(AriaRole.Heading, new() { Name = "Nothing to count yet" })).ToBeVisibleAsync();
    }

    static ILocator Node(ILocator graph, string id) => graph.Locator($".react-flow__node[data-id={id}]");
}
