using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>The description of the API, as somebody reads it who wants to call it.</summary>
[Collection(Dashboard.Collection)]
public sealed class DocsPageTests(Dashboard dashboard)
{
    [Fact]
    public async Task A_route_is_found_by_its_words_and_shown_with_examples()
    {
        await using var opened = await dashboard.OpenAsStrangerAsync("/docs");
        var page = opened.Page;
        var index = page.GetByRole(AriaRole.Navigation, new() { Name = "Routes" });
        await Assertions.Expect(page.Locator("article").First).ToBeVisibleAsync();
        await opened.LookAsync("docs");

        await page.GetByLabel("Find a route").FillAsync("post progress");
        await Assertions.Expect(index.GetByRole(AriaRole.Link)).ToHaveCountAsync(2);
        await index.GetByRole(AriaRole.Listitem).GetByRole(AriaRole.Link).ClickAsync();
        var route = page.Locator("article:not([hidden])");

        await Assertions.Expect(route).ToHaveCountAsync(1);
        await Assertions.Expect(route).ToContainTextAsync("/sdk/journeys/{journeyId}/progress");
        await Assertions.Expect(route.Locator("pre").First).ToContainTextAsync("-d '{");
        await Assertions.Expect(route.Locator("pre").Last).ToContainTextAsync("\"applied\": true");
        await route.GetByText("its fields").First.ClickAsync();
        await Assertions.Expect(route.GetByText("currentNodeId").First).ToBeVisibleAsync();
        await opened.LookAsync("docs-route");

        await page.GetByLabel("Find a route").FillAsync("no such route");
        await Assertions.Expect(page.GetByText("No route has these words.")).ToBeVisibleAsync();
    }
}
