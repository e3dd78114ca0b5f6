using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>Who did what on a site, as an admin reads it.</summary>
[Collection(Dashboard.Collection)]
public sealed class DashboardAuditTests(Dashboard dashboard)
{
    [Fact]
    public async Task An_admin_finds_who_made_and_revoked_a_key_looks_at_the_details_and_saves_a_file()
    {
        await using var opened = await dashboard.OpenAsync("/settings/keys");
        var page = opened.Page;
        var name = $"Audited {Guid.NewGuid():n}";
        await page.GetByRole(AriaRole.Button, new() { Name = "Create key" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "I have copied it" }).ClickAsync();

        await page.GetByRole(AriaRole.Tab, new() { Name = "Audit log" }).ClickAsync();
        var details = page.GetByRole(AriaRole.Button, new() { Name = $"Details of Created a key by {Dashboard.Email}" }).First;
        await details.ClickAsync();

        await Assertions.Expect(page.GetByText(name).First).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("CreateKey", new() { Exact = true })).ToBeVisibleAsync();
        await opened.LookAsync("settings-audit");
        await page.GetByRole(AriaRole.Button, new() { Name = "All about this key" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(2);
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Export as CSV" }).ClickAsync());
        var lines = await File.ReadAllLinesAsync(await download.PathAsync());
        Assert.Equal(2, lines.Length);
        Assert.Contains("CreateKey", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_filter_that_nothing_fits_says_so_and_can_be_cleared()
    {
        await using var opened = await dashboard.OpenAsync("/settings/audit");
        var page = opened.Page;

        await page.GetByRole(AriaRole.Textbox, new() { Name = "Who" }).FillAsync("nobody@example.com");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Who" }).PressAsync("Enter");

        await Assertions.Expect(page.GetByText("No entries match")).ToBeVisibleAsync();
        await opened.LookAsync("settings-audit-empty");
        await page.GetByRole(AriaRole.Button, new() { Name = "Clear filters" }).ClickAsync();
        // After the header: at least the sign-in of this test's own admin.
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Nth(1)).ToBeVisibleAsync();
    }
}
