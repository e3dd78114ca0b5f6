using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Journeys.Testing;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>A deployment with the built SDK, a shop that uses it, and a browser. One for all classes of the collection.</summary>
public sealed class Sdk : IAsyncLifetime
{
    public const string Collection = "sdk";

    IPlaywright? playwright;
    IBrowser? browser;
    Shop? shop;

    public Deployment Deployment { get; } = new();

    public Api Api => Deployment.Api;

    public async Task InitializeAsync()
    {
        if (!File.Exists(RepoRoot.Under("gateway/sdk/dist/sdk.js")))
            throw new InvalidOperationException("The SDK is not built: run npm ci and npm run build in gateway.");

        await Deployment.InitializeAsync();
        shop = await Shop.StartAsync(Deployment.Gateway.Address);
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium.Path,
            Args = Chromium.Arguments,
            // As browsers are; Playwright would switch it off.
            IgnoreDefaultArgs = ["--disable-back-forward-cache"],
        });
    }

    public async Task DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
        playwright?.Dispose();
        if (shop is not null)
            await shop.DisposeAsync();
        await Deployment.DisposeAsync();
    }

    /// <summary>The browser of somebody who was never here.</summary>
    public async Task<Visitor> VisitorAsync(ColorScheme scheme = ColorScheme.Light)
    {
        var context = await browser!.NewContextAsync(new()
        {
            BaseURL = shop!.Address.OriginalString,
            ColorScheme = scheme,
            Locale = "en-GB",
            ReducedMotion = ReducedMotion.Reduce,
            ViewportSize = new() { Width = 1280, Height = 800 },
        });
        context.SetDefaultTimeout(Patience.Milliseconds);
        return new Visitor(context, Deployment.Gateway.Address);
    }

    /// <summary>Changes the site's settings as its administrator.</summary>
    public async Task ChangeSiteAsync(object change)
    {
        await using var context = await browser!.NewContextAsync(new() { BaseURL = Deployment.Gateway.Address.OriginalString });
        var session = await context.APIRequest.PostAsync("/api/session", new() { DataObject = new { email = "admin@example.com", password = "correct horse battery staple" } });
        var headers = new Dictionary<string, string> { ["X-CSRF-Token"] = (await session.JsonAsync())!.Value.GetProperty("csrfToken").GetString()! };
        var site = (await Api.GetAsync("/api/sites"))["sites"]![0]!["id"]!.GetValue<string>();
        var answer = await context.APIRequest.PatchAsync($"/api/sites/{site}", new() { DataObject = change, Headers = headers });
        Assert.True(answer.Ok, await answer.TextAsync());
    }

    /// <summary>What the customer's server signs for a user.</summary>
    public static string UserToken(string userId, string secret)
    {
        var expires = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds();
        var signed = $"{Base64Url.EncodeToString("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"u8)}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new { sub = userId, exp = expires }))}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(signed)))}";
    }

    /// <summary>How often an event of this name was stored.</summary>
    public async Task<long> EventsAsync(string name)
    {
        await using var command = Deployment.Database.CreateCommand("select count(*) from enrollment.event where name = $1");
        command.Parameters.Add(new() { Value = name });
        return (long)(await command.ExecuteScalarAsync())!;
    }
}

/// <summary>Makes the SDK's test classes share one deployment, one after the other.</summary>
[CollectionDefinition(Sdk.Collection)]
public sealed class SdkTestGroup : ICollectionFixture<Sdk>;

/// <summary>Somebody with a browser. Whatever it complains about, a violated policy above all, fails the test at the end.</summary>
public sealed class Visitor(IBrowserContext context, Uri gateway) : IAsyncDisposable
{
    static readonly string Axe = File.ReadAllText(RepoRoot.Under("gateway/node_modules/axe-core/axe.min.js"));

    readonly List<string> complaints = [];

    public IBrowserContext Context => context;

    /// <summary>Opens a page of the shop in a tab of its own, which calls `init` with these options, or not at all.</summary>
    public async Task<IPage> OpenAsync(object? options = null, string path = "/")
    {
        var page = await context.NewPageAsync();
        Watch(page);
        // Not until everything is loaded: what a page does meanwhile is what some tests are about.
        await page.GotoAsync(
            options is null ? path : $"{path}?init={Uri.EscapeDataString(JsonSerializer.Serialize(options))}", new() { WaitUntil = WaitUntilState.DOMContentLoaded });
        return page;
    }

    /// <summary>Opens a page that the gateway serves itself.</summary>
    public async Task<IPage> OpenOwnAsync(string path)
    {
        var page = await context.NewPageAsync();
        Watch(page);
        await page.GotoAsync(new Uri(gateway, path).AbsoluteUri);
        return page;
    }

    void Watch(IPage page)
    {
        page.Console += (_, message) =>
        {
            // A refused or aborted call is what some tests are about.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                complaints.Add(message.Text);
        };
        page.PageError += (_, error) => complaints.Add(error);
    }

    /// <summary>Takes pictures, wide and narrow, and has axe find no fault with what the SDK shows.</summary>
    public static async Task LookAsync(IPage page, string name)
    {
        foreach (var width in (int[])[390, 1280])
        {
            await page.SetViewportSizeAsync(width, 800);
            await page.ScreenshotAsync(new() { Path = RepoRoot.Under($"tests/EndToEnd.Tests/screenshots/sdk-{name}-{width}.png") });
        }

        await page.EvaluateAsync(Axe);
        var faults = await page.EvaluateAsync<string[]>(
            "async () => (await axe.run('#dap-journeys')).violations.map(each => `${each.id}: ${each.help} ${each.nodes.map(node => node.html + ' ' + node.failureSummary)}`)");
        Assert.True(faults.Length == 0, $"axe on {name}:\n{string.Join('\n', faults)}");
    }

    /// <summary>Waits until the page has seen all of this of the SDK, and gives everything that it has seen.</summary>
    /// <remarks>The stream and the answer to a call race, so there is no order between what they tell.</remarks>
    public static async Task<string[]> SeenAsync(IPage page, params string[] what)
    {
        await page.WaitForFunctionAsync("what => what.every(each => window.seen.includes(each))", what);
        return await page.EvaluateAsync<string[]>("seen");
    }

    public async ValueTask DisposeAsync()
    {
        await context.DisposeAsync();
        Assert.True(complaints.Count == 0, $"The browser complained:\n{string.Join('\n', complaints)}");
    }
}
