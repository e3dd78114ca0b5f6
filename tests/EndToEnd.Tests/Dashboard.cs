using Journeys.Testing;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>A deployment with the built dashboard, and a browser to look at it. One for all classes of the collection.</summary>
public sealed class Dashboard : IAsyncLifetime
{
    public const string Collection = "dashboard";
    public const string Email = "admin@example.com";
    public const string Password = "correct horse battery staple";

    readonly Deployment deployment = new();
    IPlaywright? playwright;
    IBrowser? browser;
    string? signedIn;

    public Api Api => deployment.Api;

    /// <summary>What the demo site at `/demo` is told of whom it belongs to.</summary>
    public string DemoConfig => deployment.DemoConfig;

    public Uri Address => deployment.Gateway.Address;

    public async Task InitializeAsync()
    {
        if (!File.Exists(RepoRoot.Under("gateway/dashboard/dist/index.html")))
            throw new InvalidOperationException("The dashboard is not built: run npm ci and npm run build in gateway.");

        await deployment.InitializeAsync();
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium.Path, Args = Chromium.Arguments });
    }

    public async Task DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
        playwright?.Dispose();
        await deployment.DisposeAsync();
    }

    /// <summary>Opens a page as the signed-in administrator.</summary>
    public async Task<DashboardPage> OpenAsync(string path)
    {
        signedIn ??= await SignInAsync();
        return await OpenAsync(path, signedIn);
    }

    /// <summary>Opens a page as somebody who is not signed in.</summary>
    public Task<DashboardPage> OpenAsStrangerAsync(string path) => OpenAsync(path, state: null);

    async Task<string> SignInAsync()
    {
        await using var context = await browser!.NewContextAsync(new() { BaseURL = Address.OriginalString });
        var answer = await context.APIRequest.PostAsync("/api/session", new() { DataObject = new { email = Email, password = Password } });
        Assert.Equal(200, answer.Status);
        return await context.StorageStateAsync();
    }

    async Task<DashboardPage> OpenAsync(string path, string? state)
    {
        var context = await browser!.NewContextAsync(new()
        {
            BaseURL = Address.OriginalString,
            StorageState = state,
            ViewportSize = new() { Width = 1280, Height = 800 },
            ReducedMotion = ReducedMotion.Reduce,
            Locale = "en-GB",
            TimezoneId = "Europe/Berlin",
        });
        context.SetDefaultTimeout(Patience.Milliseconds);
        return await DashboardPage.OpenAsync(context, path);
    }
}

/// <summary>Makes the dashboard's test classes share one deployment, one after the other.</summary>
[CollectionDefinition(Dashboard.Collection)]
public sealed class DashboardTestGroup : ICollectionFixture<Dashboard>;
