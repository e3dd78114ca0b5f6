using Journeys.Testing;

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

    async Task<int> VisitsAsync(string userId) =>
        (await api.GetAsync($"/api/users/{userId}"))["events"]!.AsArray().Count(each => each!["name"]!.GetValue<string>() == "page");

    static string NewId() => Guid.NewGuid().ToString("N");
}
