using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>What surrounds every page of the dashboard: signing in and out, the navigation, light and dark.</summary>
[Collection(Dashboard.Collection)]
public sealed class DashboardShellTests(Dashboard dashboard)
{
    [Fact]
    public async Task A_member_signs_in_to_the_page_they_asked_for_and_out_again()
    {
        await using var opened = await dashboard.OpenAsStrangerAsync("/audiences");
        var page = opened.Page;
        await opened.LookAsync("sign-in");

        await page.GetByLabel("E-mail").FillAsync(Dashboard.Email);
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync("wrong horse battery staple");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("E-mail or password is wrong.");

        await page.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync(Dashboard.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Audiences", Level = 1 })).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Account:" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Sign out" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign in to Journeys" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_navigation_leads_to_every_page()
    {
        await using var opened = await dashboard.OpenAsync("/");
        foreach (var (link, title) in new[] { ("Audiences", "Audiences"), ("Users", "Users"), ("User lists", "User lists"), ("Jobs", "Jobs"), ("Settings", "Settings"), ("Journeys", "Journeys") })
        {
            await opened.Page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByRole(AriaRole.Link, new() { Name = link, Exact = true }).ClickAsync();
            await Assertions.Expect(opened.Page.GetByRole(AriaRole.Heading, new() { Name = title, Level = 1 })).ToBeVisibleAsync();
        }
    }

    [Fact]
    public async Task What_is_not_there_says_so_and_leads_back()
    {
        await using var opened = await dashboard.OpenAsync("/no/such/page");

        await opened.Page.GetByRole(AriaRole.Link, new() { Name = "Go to journeys" }).ClickAsync();

        await Assertions.Expect(opened.Page.GetByRole(AriaRole.Heading, new() { Name = "Journeys", Level = 1 })).ToBeVisibleAsync();
    }
}
