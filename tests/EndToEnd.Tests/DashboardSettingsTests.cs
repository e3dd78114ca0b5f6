using System.Net.Http.Json;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>Jobs, and what holds for a site: keys, origins, user tokens, members, and whether the SDK is installed.</summary>
[Collection(Dashboard.Collection)]
public sealed class DashboardSettingsTests(Dashboard dashboard)
{
    [Fact]
    public async Task A_key_is_shown_once_works_and_is_revoked()
    {
        await using var opened = await dashboard.OpenAsync("/settings/keys");
        var page = opened.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "Create key" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("Nightly import");
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Kind" }).ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "Secret" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        var secret = await page.GetByRole(AriaRole.Region, new() { Name = "The new key" }).InnerTextAsync();
        Assert.StartsWith("sk_", secret, StringComparison.Ordinal);
        Assert.Equal(200, await StatusWithAsync(secret));
        await page.GetByRole(AriaRole.Button, new() { Name = "I have copied it" }).ClickAsync();
        await Assertions.Expect(page.GetByText(secret)).ToHaveCountAsync(0);
        await opened.LookAsync("settings-keys");

        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Nightly import" });
        await row.GetByRole(AriaRole.Button, new() { Name = "Revoke Nightly import" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await Assertions.Expect(row).ToContainTextAsync("revoked");
        Assert.Equal(401, await StatusWithAsync(secret));
    }

    [Fact]
    public async Task The_snippet_of_a_new_site_says_when_the_first_event_has_come()
    {
        // A site of its own, because the others' events came long ago.
        await using var opened = await dashboard.OpenAsync("/settings/install");
        var page = opened.Page;
        var name = $"Fresh {Guid.NewGuid():n}";
        await CreateSiteAsync(page, name);
        await opened.GoAsync("/settings/install");
        await page.GetByRole(AriaRole.Button, new() { Name = "Site:" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = name }).ClickAsync();
        var installed = page.GetByRole(AriaRole.Status).Filter(new() { HasText = "first event" });
        await Assertions.Expect(installed).ToContainTextAsync("Waiting for the first event");

        await page.GetByRole(AriaRole.Button, new() { Name = "Create a key" }).ClickAsync();
        var snippet = page.GetByRole(AriaRole.Region, new() { Name = "Snippet" });
        await Assertions.Expect(snippet).Not.ToContainTextAsync("pk_…");
        await opened.LookAsync("settings-install-waiting");
        var key = (await snippet.InnerTextAsync()).Split("tenantKey: '")[1].Split('\'')[0];
        await SendEventAsync(key);

        // The gateway writes it down every ten seconds.
        await Assertions.Expect(installed).ToContainTextAsync("It is installed", new() { Timeout = 30_000 });
        await opened.LookAsync("settings-install");
    }

    [Fact]
    public async Task Origins_and_user_tokens_are_set_and_what_is_wrong_with_them_is_said()
    {
        await using var opened = await dashboard.OpenAsync("/settings/install");
        var page = opened.Page;
        var name = $"Guarded {Guid.NewGuid():n}";
        await CreateSiteAsync(page, name, requireUserToken: false);
        await opened.GoAsync("/settings/site");
        await page.GetByRole(AriaRole.Button, new() { Name = "Site:" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = name }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync(name);

        await page.GetByRole(AriaRole.Textbox, new() { Name = "Origins" }).FillAsync("app.example.com");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save origins" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Allowed origins" })).ToContainTextAsync("app.example.com must be an origin");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Origins" }).FillAsync("https://app.example.com/start");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save origins" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Textbox, new() { Name = "Origins" })).ToHaveValueAsync("https://app.example.com");

        var required = page.GetByRole(AriaRole.Switch, new() { Name = "Refuse calls for a user id without a signed token" });
        await Assertions.Expect(required).ToBeDisabledAsync();
        await page.GetByLabel("Key to verify them").FillAsync("too short");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save key" }).ClickAsync();
        await Assertions.Expect(page.GetByText("32 characters").Nth(1)).ToBeVisibleAsync();
        await page.GetByLabel("Key to verify them").FillAsync("0123456789abcdef0123456789abcdef");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save key" }).ClickAsync();
        await Assertions.Expect(required).ToBeEnabledAsync();
        await required.ClickAsync();
        await Assertions.Expect(required).ToBeCheckedAsync();
        await opened.LookAsync("settings-site");
    }

    [Fact]
    public async Task A_site_is_halted_everybody_reads_why_on_every_page_and_it_is_resumed()
    {
        await using var opened = await dashboard.OpenAsync("/settings/install");
        var page = opened.Page;
        var name = $"Halted {Guid.NewGuid():n}";
        await CreateSiteAsync(page, name);
        await opened.GoAsync("/settings/site");
        await page.GetByRole(AriaRole.Button, new() { Name = "Site:" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = name }).ClickAsync();

        await page.GetByRole(AriaRole.Textbox, new() { Name = "Reason" }).FillAsync("Wrong prices everywhere");
        await page.GetByRole(AriaRole.Button, new() { Name = "Halt site" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(dialog).ToContainTextAsync("0 live journeys will behave as if paused");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Halt site" }).ClickAsync();

        var band = page.GetByRole(AriaRole.Status).Filter(new() { HasText = "This site is halted" });
        await Assertions.Expect(band).ToContainTextAsync("Wrong prices everywhere");
        await opened.LookAsync("settings-halted");
        await opened.GoAsync("/journeys");
        await Assertions.Expect(band).ToContainTextAsync("Wrong prices everywhere");

        await opened.GoAsync("/settings/site");
        await page.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await Assertions.Expect(band).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_member_is_invited_given_another_role_and_revoked_and_the_last_admin_stays()
    {
        await using var opened = await dashboard.OpenAsync("/settings/members");
        var page = opened.Page;
        var email = $"m{Guid.NewGuid():n}@example.com";

        await InviteAsync(page, email);
        await page.GetByRole(AriaRole.Combobox, new() { Name = $"Role of {email}" }).ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "Viewer" }).ClickAsync();
        await Assertions.Expect(page.GetByText($"{email} is viewer now")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = email })).ToContainTextAsync("invited, ends");
        await opened.LookAsync("settings-members");
        await page.GetByRole(AriaRole.Button, new() { Name = $"New link for {email}" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "The link of the invitation" })).ToContainTextAsync("/invitation#iv_");
        await page.GetByRole(AriaRole.Button, new() { Name = "I have copied it" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = $"Revoke {email}" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = $"Revoke {email}" })).ToHaveCountAsync(0);

        await page.GetByRole(AriaRole.Button, new() { Name = $"Remove {Dashboard.Email}" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Alert)).ToContainTextAsync("A site needs at least one admin.");
    }

    [Fact]
    public async Task A_viewer_finds_no_button_that_changes_anything()
    {
        var email = $"viewer{Guid.NewGuid():n}@example.com";
        string link;
        await using (var admin = await dashboard.OpenAsync("/settings/members"))
        {
            link = await InviteAsync(admin.Page, email, "Viewer");
            await Assertions.Expect(admin.Page.GetByRole(AriaRole.Combobox, new() { Name = $"Role of {email}" })).ToBeVisibleAsync();
        }

        await using var opened = await dashboard.OpenAsStrangerAsync(link);
        var page = opened.Page;
        await page.GetByLabel("Your name").FillAsync("Vera");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync("a long enough password");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create account and join" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Journeys", Level = 1 })).ToBeVisibleAsync();
        await opened.GoAsync("/settings/keys");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Only for admins" })).ToBeVisibleAsync();

        await opened.GoAsync("/settings/members");
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = email })).ToContainTextAsync("viewer");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Invite member" })).ToHaveCountAsync(0);
        foreach (var (path, button) in new[] { ("/lists", "Create list"), ("/audiences", "Create audience"), ("/journeys", "Create New Journey") })
        {
            await opened.GoAsync(path);
            await Assertions.Expect(page.GetByText(button, new() { Exact = true })).ToHaveCountAsync(0);
        }
    }

    [Fact]
    public async Task Jobs_show_what_they_do_and_how_far_they_are()
    {
        var journey = await dashboard.Api.PublishAsync(Designs.TwoSteps("604800s"));
        var list = (await dashboard.Api.PostAsync("/api/user-lists", new { name = $"For a job {journey}" }))["id"]!.GetValue<string>();
        await dashboard.Api.PostAsync($"/api/user-lists/{list}/members", new { add = Enumerable.Range(1, 700).Select(i => $"worked-on-{i}") });
        await dashboard.Api.PostAsync($"/api/journeys/{journey}/enrollments", new { listId = list });
        await using var opened = await dashboard.OpenAsync("/jobs");
        var page = opened.Page;

        var job = page.GetByRole(AriaRole.Row).Filter(new() { HasText = $"For a job {journey}" });
        await Assertions.Expect(job).ToContainTextAsync("Enroll a user list");
        await Assertions.Expect(job).ToContainTextAsync("Completed");
        await Assertions.Expect(job).ToContainTextAsync("700 changed");
        await opened.LookAsync("jobs");
        await page.GetByText("Failed", new() { Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "No jobs match" })).ToBeVisibleAsync();
    }

    async Task<int> StatusWithAsync(string key)
    {
        using var client = new HttpClient(new DescribedAnswers()) { BaseAddress = dashboard.Address };
        client.DefaultRequestHeaders.Add("Authorization", $"Bearer {key}");
        using var response = await client.GetAsync("/api/journeys");
        return (int)response.StatusCode;
    }

    async Task SendEventAsync(string key)
    {
        using var client = new HttpClient(new DescribedAnswers()) { BaseAddress = dashboard.Address };
        client.DefaultRequestHeaders.Add("X-API-Key", key);
        using var response = await client.PostAsJsonAsync("/sdk/events", new { anonymousId = "first-visitor", events = Enumerable.Repeat(new { name = "page" }, 1) });
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Invites somebody and gives the path of the link that is shown.</summary>
    internal static async Task<string> InviteAsync(IPage page, string email, string role = "Editor")
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Invite member" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "E-mail" }).FillAsync(email);
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Role", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = role }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Invite", Exact = true }).ClickAsync();
        var link = await page.GetByRole(AriaRole.Region, new() { Name = "The link of the invitation" }).InnerTextAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "I have copied it" }).ClickAsync();
        return new Uri(link).PathAndQuery + new Uri(link).Fragment;
    }

    // By the member who is signed in, as only members make sites.
    internal static async Task CreateSiteAsync(IPage page, string name, bool requireUserToken = true) => await page.EvaluateAsync(
        """
        async site => {
          const session = await (await fetch('/api/session')).json();
          const answer = await fetch('/api/sites', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': session.csrfToken }, body: JSON.stringify(site) });
          if (!answer.ok) throw new Error(await answer.text());
        }
        """,
        new { name, requireUserToken });
}
