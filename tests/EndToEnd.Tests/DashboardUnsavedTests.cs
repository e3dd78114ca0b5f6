using Journeys.Testing;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>What was typed is kept: when the session ends, when a page is left, and while the server is away.</summary>
[Collection(Dashboard.Collection)]
public sealed class DashboardUnsavedTests(Dashboard dashboard)
{
    [Fact]
    public async Task A_session_that_ends_mid_edit_asks_for_the_password_over_the_page_and_then_saves()
    {
        var id = await CreateAsync("Before");
        await using var opened = await dashboard.OpenAsync("/journeys");
        var page = opened.Page;
        var asked = 0;
        page.Request += (_, request) => asked += request.Url.EndsWith("/api/sign-in-options", StringComparison.Ordinal) ? 1 : 0;
        await opened.GoAsync($"/journeys/{id}/build");
        // Only who is to sign in needs to know how.
        Assert.Equal(0, asked);
        await page.Context.ClearCookiesAsync();

        await Name(page).FillAsync("Typed when the session had ended");
        await Name(page).BlurAsync();
        var dialog = page.GetByRole(AriaRole.Dialog, new() { Name = "Your session has ended" });
        await Assertions.Expect(dialog).ToBeVisibleAsync();
        await Assertions.Expect(dialog.GetByRole(AriaRole.Textbox, new() { Name = "E-mail" })).ToHaveValueAsync(Dashboard.Email);
        await opened.LookAsync("session-ended");
        await dialog.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync("wrong horse battery staple");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("E-mail or password is wrong.");
        await dialog.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync(Dashboard.Password);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();

        await Assertions.Expect(dialog).ToHaveCountAsync(0);
        await Assertions.Expect(Name(page)).ToHaveValueAsync("Typed when the session had ended");
        await Eventually.Equal("Typed when the session had ended", () => NameAsync(id), "the name that was typed");
    }

    [Fact]
    public async Task Who_does_not_sign_in_again_is_led_to_the_sign_in_and_loses_the_edit_knowingly()
    {
        var id = await CreateAsync("Kept");
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/build");
        var page = opened.Page;
        await page.Context.ClearCookiesAsync();
        await Name(page).FillAsync("Given up");
        await Name(page).BlurAsync();

        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Leave without saving" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign in to Journeys" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "E-mail" }).FillAsync(Dashboard.Email);
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync(Dashboard.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();

        await Assertions.Expect(Name(page)).ToHaveValueAsync("Kept");
        Assert.Equal("Kept", await NameAsync(id));
    }

    [Fact]
    public async Task Escape_closes_no_dialog_below_the_one_that_asks_to_sign_in_again()
    {
        var name = $"List {Guid.NewGuid():n}";
        await using var opened = await dashboard.OpenAsync("/lists");
        var page = opened.Page;
        await page.GetByRole(AriaRole.Button, new() { Name = "Create list" }).First.ClickAsync();
        var form = page.GetByRole(AriaRole.Dialog, new() { Name = "Create list" });
        await form.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync(name);
        await page.Context.ClearCookiesAsync();
        await form.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();

        var dialog = page.GetByRole(AriaRole.Dialog, new() { Name = "Your session has ended" });
        await dialog.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync("wrong horse battery staple");
        await page.Keyboard.PressAsync("Escape");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Leave without saving" }).FocusAsync();
        await page.Keyboard.PressAsync("Escape");
        // A dialog takes a moment to go: so long that this is answered.
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("E-mail or password is wrong.");

        await Assertions.Expect(form).ToHaveCountAsync(1);
        await dialog.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync(Dashboard.Password);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = name, Level = 1 })).ToBeVisibleAsync();
        await Assertions.Expect(dialog).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Who_signs_out_leaves_nothing_to_read_in_any_other_window()
    {
        await using var opened = await dashboard.OpenAsStrangerAsync("/sign-in");
        var page = opened.Page;
        await SignInAsync(page.Context);
        await opened.GoAsync("/journeys");
        var other = await page.Context.NewPageAsync();
        await other.GotoAsync("/audiences/new");
        await other.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("Not for the next one");

        await page.GetByRole(AriaRole.Button, new() { Name = "Account:" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Sign out" }).ClickAsync();

        foreach (var window in (IPage[])[page, other])
            await Assertions.Expect(window.GetByRole(AriaRole.Heading, new() { Name = "Sign in to Journeys" })).ToBeVisibleAsync();
        await Assertions.Expect(other.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Assertions.Expect(other.GetByRole(AriaRole.Textbox, new() { Name = "Name" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Whoever_an_issuer_signs_in_does_that_in_a_new_window_and_loses_nothing()
    {
        var id = await CreateAsync("Of the issuer");
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/build");
        var page = opened.Page;
        await page.RouteAsync("**/api/sign-in-options", route => route.FulfillAsync(new()
        {
            ContentType = "application/json",
            Body = """{ "password": false, "passwordReset": false, "issuer": "https://login.example.com" }""",
        }));
        await page.Context.RouteAsync("**/signed-in", async route =>
        {
            // In the place of the issuer, and of the proxy that leads to it.
            await SignInAsync(page.Context);
            await route.ContinueAsync();
        });
        await page.Context.ClearCookiesAsync();
        await Name(page).FillAsync("Typed before the issuer was asked");
        await Name(page).BlurAsync();

        var dialog = page.GetByRole(AriaRole.Dialog, new() { Name = "Your session has ended" });
        await Assertions.Expect(dialog).ToContainTextAsync("https://login.example.com signs you in");
        await Assertions.Expect(dialog.GetByRole(AriaRole.Textbox)).ToHaveCountAsync(0);
        await opened.LookAsync("session-ended-issuer");
        var window = await page.RunAndWaitForPopupAsync(() => dialog.GetByRole(AriaRole.Button, new() { Name = "Open sign-in window" }).ClickAsync());

        await Assertions.Expect(dialog).ToHaveCountAsync(0);
        await Eventually.Equal("Typed before the issuer was asked", () => NameAsync(id), "the name that was typed");
        await Eventually.Equal(true, () => Task.FromResult(window.IsClosed), "the window of the sign-in to be closed");
    }

    [Fact]
    public async Task Somebody_else_who_signs_in_where_an_edit_waits_does_not_save_it()
    {
        var id = await CreateAsync("Untouched");
        string link;
        await using (var admin = await dashboard.OpenAsync("/settings/members"))
            link = await DashboardSettingsTests.InviteAsync(admin.Page, $"next{Guid.NewGuid():n}@example.com");
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/build");
        var page = opened.Page;
        await page.Context.ClearCookiesAsync();
        await Name(page).FillAsync("Not theirs");
        await Name(page).BlurAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        var changes = 0;
        page.Request += (_, request) => changes += request.Method == "PATCH" ? 1 : 0;

        var joined = await page.Context.APIRequest.PostAsync(
            new Uri(new Uri(page.Url), "/api/invitations/accept").ToString(),
            new() { DataObject = new { token = link[(link.IndexOf('#', StringComparison.Ordinal) + 1)..], name = "Next", password = "a long enough password" } });
        Assert.True(joined.Ok);
        await page.EvaluateAsync("window.dispatchEvent(new Event('focus'))");

        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Assertions.Expect(Name(page)).ToHaveValueAsync("Untouched");
        await page.GetByRole(AriaRole.Link, new() { Name = "All journeys" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Journeys", Level = 1 })).ToBeVisibleAsync();
        Assert.Equal(0, changes);
        Assert.Equal("Untouched", await NameAsync(id));
    }

    [Fact]
    public async Task An_audience_with_unsaved_rules_asks_before_it_is_left()
    {
        await using var opened = await dashboard.OpenAsync("/audiences/new");
        var page = opened.Page;
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("Half written");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a rule" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "What they did" }).ClickAsync();
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Event" }).FillAsync("paid");
        await page.Keyboard.PressAsync("Escape");

        await UsersLink(page).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog, new() { Name = "Leave without saving?" });
        await Assertions.Expect(dialog).ToContainTextAsync("Half written");
        await opened.LookAsync("audience-unsaved");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Stay" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Combobox, new() { Name = "Event" })).ToHaveValueAsync("paid");

        await page.GetByRole(AriaRole.Button, new() { Name = "Account:" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Sign out" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Assertions.Expect(dialog).ToHaveCountAsync(0);

        // What is saved lets go.
        await page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Half written", Level = 1 })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Event" }).FillAsync("refunded");
        await page.Keyboard.PressAsync("Escape");
        await UsersLink(page).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Leave without saving" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Users", Level = 1 })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task What_is_still_being_saved_after_its_page_was_left_is_shown_and_found_again()
    {
        var id = await CreateAsync("Left early");
        await using var opened = await dashboard.OpenAsync($"/journeys/{id}/build");
        var page = opened.Page;
        var held = new TaskCompletionSource();
        await page.RouteAsync($"**/api/journeys/{id}", async route =>
        {
            if (route.Request.Method != "PATCH")
            {
                await route.ContinueAsync();
                return;
            }

            await held.Task;
            await route.AbortAsync();
        });
        await Name(page).FillAsync("Typed and left");
        await Name(page).BlurAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "All journeys" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Saving Typed and left")).ToBeVisibleAsync();
        held.SetResult();
        await Assertions.Expect(page.GetByText("Typed and left is not saved")).ToBeVisibleAsync();
        await opened.LookAsync("left-unsaved");
        await page.GetByRole(AriaRole.Link, new() { Name = "Open it" }).ClickAsync();
        await Assertions.Expect(Name(page)).ToHaveValueAsync("Typed and left");
        await Assertions.Expect(page.GetByText("is not saved")).ToHaveCountAsync(0);

        await page.UnrouteAllAsync();
        await Eventually.Equal("Typed and left", () => NameAsync(id), "the name that was typed");
        await Assertions.Expect(page.GetByRole(AriaRole.Status).Filter(new() { HasText = "Saved" })).ToBeVisibleAsync();
    }

    static async Task SignInAsync(IBrowserContext context)
    {
        var answer = await context.APIRequest.PostAsync("/api/session", new() { DataObject = new { email = Dashboard.Email, password = Dashboard.Password } });
        Assert.True(answer.Ok);
    }

    static ILocator Name(IPage page) => page.GetByRole(AriaRole.Textbox, new() { Name = "Name of the journey" });

    static ILocator UsersLink(IPage page) =>
        page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByRole(AriaRole.Link, new() { Name = "Users", Exact = true });

    async Task<string> CreateAsync(string name) =>
        (await dashboard.Api.PostAsync("/api/journeys", new { name }))["id"]!.GetValue<string>();

    async Task<string> NameAsync(string id) => (await dashboard.Api.GetAsync($"/api/journeys/{id}"))["name"]!.GetValue<string>();
}
