using System.Text.Json;
using Journeys.Testing;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>One page of the dashboard in a browser. Whatever the browser complains about fails the test at the end.</summary>
public sealed class DashboardPage : IAsyncDisposable
{
    static readonly string Axe = File.ReadAllText(RepoRoot.Under("gateway/node_modules/axe-core/axe.min.js"));
    static readonly string Folder = RepoRoot.Under("tests/EndToEnd.Tests/screenshots");

    // The rules of axe whose answer may differ between the light page and the dark one.
    static readonly string[] OnlyColors = ["color-contrast", "link-in-text-block"];

    readonly IBrowserContext context;
    readonly List<string> complaints = [];

    DashboardPage(IBrowserContext context, IPage page)
    {
        this.context = context;
        Page = page;
        page.Console += (_, message) =>
        {
            // A refused call is an ordinary answer; what the page makes of it is looked at where it matters.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                complaints.Add(message.Text);
        };
        page.PageError += (_, error) => complaints.Add(error);
    }

    public IPage Page { get; }

    public static async Task<DashboardPage> OpenAsync(IBrowserContext context, string path)
    {
        var result = new DashboardPage(context, await context.NewPageAsync());
        await result.GoAsync(path);
        return result;
    }

    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(path);
        await SettleAsync();
    }

    /// <summary>Waits until nothing loads any more.</summary>
    public Task SettleAsync() => Page.WaitForFunctionAsync(
        "() => document.querySelector('h1, h2') && !document.querySelector('.mantine-Skeleton-root, .mantine-Loader-root, [aria-busy=true]')");

    /// <summary>Looks at the page in light and dark, wide and narrow: takes a picture of each, and has axe find no fault.</summary>
    public async Task LookAsync(string name)
    {
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
            foreach (var width in (int[])[1280, 768])
            {
                await Page.SetViewportSizeAsync(width, 800);
                await SettleAsync();
                var look = $"{name}-{(scheme == ColorScheme.Dark ? "dark" : "light")}-{width}";
                await Page.ScreenshotAsync(new() { Path = Path.Combine(Folder, $"{look}.png"), Animations = ScreenshotAnimations.Disabled });
                await CheckAccessibilityAsync(look, scheme);
            }
        }

        await Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        await Page.SetViewportSizeAsync(1280, 800);
    }

    async Task CheckAccessibilityAsync(string look, ColorScheme scheme)
    {
        // Evaluated by the debugger, which the page's policy does not concern.
        if (!await Page.EvaluateAsync<bool>("() => 'axe' in window"))
            await Page.EvaluateAsync(Axe);
        var faults = await Page.EvaluateAsync<JsonElement>(
            """
            async rules => {
              const { violations } = await axe.run({ resultTypes: ["violations"], ...(rules.length > 0 && { runOnly: rules }) });
              return violations.map(({ id, help, nodes }) =>
                `${id}: ${help}\n  ${nodes.map(node => `${node.html} ${node.failureSummary}`).join("\n  ")}`);
            }
            """,
            scheme == ColorScheme.Dark ? OnlyColors : []);
        Assert.True(faults.GetArrayLength() == 0, $"axe on {look}:\n{string.Join('\n', faults.EnumerateArray().Select(fault => fault.GetString()))}");
    }

    public async ValueTask DisposeAsync()
    {
        await context.DisposeAsync();
        Assert.True(complaints.Count == 0, $"The browser complained:\n{string.Join('\n', complaints)}");
    }
}
