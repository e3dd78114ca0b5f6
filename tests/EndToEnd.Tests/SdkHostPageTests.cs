using System.Text.Json.Nodes;
using Journeys.Testing;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>The SDK in pages that do what pages do: come back, keep to policies of their own, and stand in several windows.</summary>
[Collection(Sdk.Collection)]
public sealed class SdkHostPageTests(Sdk sdk)
{
    readonly Api api = sdk.Api;

    [Fact]
    public async Task A_page_that_the_browser_brings_back_is_visited_again()
    {
        await using var visitor = await sdk.VisitorAsync();
        var userId = NewId();
        var page = await visitor.OpenAsync(new { });
        await page.EvaluateAsync("user => { window.isOld = true; return DAP('identify', {userId: user}); }", userId);
        await Eventually.Equal(1, () => VisitsAsync(userId), "the visits before");

        await page.GotoAsync("/more");
        await page.EvaluateAsync("() => setTimeout(() => history.back())");
        await page.WaitForFunctionAsync("() => window.isOld");

        await Eventually.Equal(2, () => VisitsAsync(userId), "the visits");
    }

    // By HTTP/1.1 a browser has six connections to a server for all of its windows.
    [Fact]
    public async Task Seven_windows_share_one_stream_and_all_are_answered()
    {
        var journey = await api.PublishAsync(Designs.Showing("ANNOUNCEMENT", new JsonObject { ["title"] = "Hello" }));
        await using var visitor = await sdk.VisitorAsync();
        var windows = new List<IPage>();
        for (var count = 0; count < 7; count++)
        {
            windows.Add(await visitor.OpenAsync(new { }));
            await windows[count].WaitForFunctionAsync("() => DAP.isLoaded");
        }

        await windows[6].EvaluateAsync("id => { DAP('enroll', id).then(() => window.isAnswered = true); }", journey);
        await windows[6].WaitForFunctionAsync("() => window.isAnswered");
        foreach (var window in windows)
            await Visitor.SeenAsync(window, "step show");

        // Another one listens when the one that did is gone.
        await windows[0].CloseAsync();
        await windows[6].EvaluateAsync("id => { DAP('progress', id); }", journey);
        foreach (var window in windows.Skip(1))
            await Visitor.SeenAsync(window, "gone show");
    }

    async Task<int> VisitsAsync(string userId) =>
        (await api.GetAsync($"/api/users/{userId}"))["events"]!.AsArray().Count(each => each!["name"]!.GetValue<string>() == "page");

    static string NewId() => Guid.NewGuid().ToString("N");
}
