using System.Text.Json;
using Journeys.Local.Demo;
using Journeys.Testing;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>The demo site as a newcomer walks it, from the sign-up to the end of its journey.</summary>
[Collection(Sdk.Collection)]
public sealed class SdkDemoTests(Sdk sdk)
{
    [Fact]
    public async Task A_newcomer_walks_the_whole_journey_of_the_demo_site()
    {
        var journeyId = await sdk.Api.PublishAsync(SprigJourney.Body());
        await File.WriteAllTextAsync(sdk.Deployment.DemoConfig, JsonSerializer.Serialize(new { tenantKey = Deployment.PublishableKey, journeyId }));
        await using var visitor = await sdk.VisitorAsync();
        var page = await visitor.OpenOwnAsync("/demo/");
        await PictureAsync(page, "home");
        await page.GetByRole(AriaRole.Link, new() { Name = "Plan your first bed" }).ClickAsync();
        await page.GetByLabel("Your name").FillAsync("Robin");
        await PictureAsync(page, "sign-up");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create my garden" }).ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Welcome to Sprig" })).ToBeVisibleAsync();
        await ExpectStepAsync(page, "Welcome");
        await PictureAsync(page, "welcome");
        await ClickAsync(page, "Let's plant");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "It begins with a bed" })).ToBeVisibleAsync();
        await PictureAsync(page, "first-bed");
        await ClickAsync(page, "Got it");

        var tasks = page.GetByRole(AriaRole.Region, new() { Name = "Get growing" });
        await Assertions.Expect(tasks).ToContainTextAsync("0/3");
        await ClickAsync(page, "Add a bed");
        await page.GetByLabel("Name").FillAsync("By the fence");
        await ClickAsync(page, "Plant it");
        await Assertions.Expect(tasks).ToContainTextAsync("1/3");
        await PictureAsync(page, "tasks");
        await tasks.GetByRole(AriaRole.Link, new() { Name = "See what to sow when" }).ClickAsync();
        await Assertions.Expect(tasks).ToContainTextAsync("2/3");
        await tasks.GetByRole(AriaRole.Checkbox, new() { Name = "Fill the watering can" }).ClickAsync();

        await ExpectStepAsync(page, "Short wait");
        await PictureAsync(page, "wait");
        await page.GetByRole(AriaRole.Button, new() { Name = "New: frost warnings" }).ClickAsync();
        await PictureAsync(page, "frost");
        await ClickAsync(page, "Good to know");
        await page.GetByText("9", new() { Exact = true }).ClickAsync();
        await PictureAsync(page, "survey");
        await ClickAsync(page, "Send");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Let Pro do the watering" })).ToBeVisibleAsync();
        await PictureAsync(page, "offer");
        await page.GetByRole(AriaRole.Link, new() { Name = "See Pro" }).ClickAsync();
        await ExpectStepAsync(page, "Upgrade");
        await PictureAsync(page, "upgrade");
        await ClickAsync(page, "Upgrade to Pro");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "You are a Pro gardener now" })).ToBeVisibleAsync();
        await ClickAsync(page, "Done");
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("the journey ended: pro");

        await ClickAsync(page, "Start over");
        await page.WaitForURLAsync("**/demo/");
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("nobody here yet");
    }

    static Task ClickAsync(IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).ClickAsync();

    static Task ExpectStepAsync(IPage page, string name) => Assertions.Expect(page.Locator("#behind [aria-current]")).ToHaveTextAsync(name);

    static async Task PictureAsync(IPage page, string name) =>
        await page.ScreenshotAsync(new() { Path = RepoRoot.Under($"tests/EndToEnd.Tests/screenshots/demo-{name}.png") });
}
