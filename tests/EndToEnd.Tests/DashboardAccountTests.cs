using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OtpNet;

namespace Journeys.EndToEnd.Tests;

/// <summary>What a person does with their own account: accept an invitation, consent to another site, change name and password.</summary>
[Collection(Dashboard.Collection)]
public sealed class DashboardAccountTests(Dashboard dashboard)
{
    const string Password = "a long enough password";

    [Fact]
    public async Task An_invitation_is_accepted_with_a_password_of_the_persons_own_and_a_second_site_by_consent()
    {
        var email = $"nora{Guid.NewGuid():n}@example.com";
        await using var admin = await dashboard.OpenAsync("/settings/members");
        var first = await DashboardSettingsTests.InviteAsync(admin.Page, email);
        await using var opened = await dashboard.OpenAsStrangerAsync(first);
        var page = opened.Page;

        await Assertions.Expect(page.GetByText("as editor")).ToBeVisibleAsync();
        await opened.LookAsync("invitation");
        await page.GetByLabel("Your name").FillAsync("Nora");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync("password1234");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create account and join" }).ClickAsync();
        await Assertions.Expect(page.GetByText("must not be a common password")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create account and join" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Journeys", Level = 1 })).ToBeVisibleAsync();

        var site = $"Second {Guid.NewGuid():n}";
        await DashboardSettingsTests.CreateSiteAsync(admin.Page, site);
        await admin.GoAsync("/settings/members");
        await admin.Page.GetByRole(AriaRole.Button, new() { Name = "Site:" }).ClickAsync();
        await admin.Page.GetByRole(AriaRole.Menuitem, new() { Name = site }).ClickAsync();
        var second = await DashboardSettingsTests.InviteAsync(admin.Page, email, "Viewer");

        await using var elsewhere = await dashboard.OpenAsStrangerAsync(second);
        await elsewhere.Page.GetByText("I have an account").ClickAsync();
        // The card has moved below the mouse, which now points at a time and opens its tooltip.
        await elsewhere.Page.Mouse.MoveAsync(1, 1);
        await Assertions.Expect(elsewhere.Page.GetByRole(AriaRole.Tooltip)).ToHaveCountAsync(0);
        await elsewhere.LookAsync("invitation-sign-in");
        await elsewhere.Page.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync(Password);
        await elsewhere.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await elsewhere.Page.GetByRole(AriaRole.Button, new() { Name = $"Join {site}" }).ClickAsync();
        await elsewhere.Page.GetByRole(AriaRole.Button, new() { Name = "Site:" }).ClickAsync();
        await Assertions.Expect(elsewhere.Page.GetByRole(AriaRole.Menuitem, new() { Name = site })).ToBeVisibleAsync();

        await using var used = await dashboard.OpenAsStrangerAsync(first);
        await Assertions.Expect(used.Page.GetByRole(AriaRole.Heading, new() { Name = "This link does not work" })).ToBeVisibleAsync();
        await used.LookAsync("invitation-used");
    }

    [Fact]
    public async Task Name_and_password_are_changed_by_their_owner()
    {
        var email = $"owner{Guid.NewGuid():n}@example.com";
        string link;
        await using (var admin = await dashboard.OpenAsync("/settings/members"))
            link = await DashboardSettingsTests.InviteAsync(admin.Page, email);
        await using var opened = await dashboard.OpenAsStrangerAsync(link);
        var page = opened.Page;
        await page.GetByLabel("Your name").FillAsync("Owen");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create account and join" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Account:" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Your account" }).ClickAsync();

        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("Owen Owner");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save name" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Account:" })).ToContainTextAsync("Owen Owner");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Old password" }).FillAsync("not the old one");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "New password" }).FillAsync("quite another long one");
        await page.GetByRole(AriaRole.Button, new() { Name = "Change password" }).ClickAsync();
        await Assertions.Expect(page.GetByText("is not the password of this account")).ToBeVisibleAsync();
        await opened.LookAsync("account");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Old password" }).FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Change password" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Your password is changed")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Two_factor_authentication_is_turned_on_asked_for_and_turned_off()
    {
        var email = $"two{Guid.NewGuid():n}@example.com";
        string link;
        await using (var admin = await dashboard.OpenAsync("/settings/members"))
            link = await DashboardSettingsTests.InviteAsync(admin.Page, email);
        await using var opened = await dashboard.OpenAsStrangerAsync(link);
        var page = opened.Page;
        await page.GetByLabel("Your name").FillAsync("Tia");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create account and join" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Journeys", Level = 1 })).ToBeVisibleAsync();
        await opened.GoAsync("/account");

        var panel = page.GetByRole(AriaRole.Region, new() { Name = "Two-factor authentication" });
        await panel.GetByRole(AriaRole.Textbox, new() { Name = "Your password" }).FillAsync(Password);
        await panel.GetByRole(AriaRole.Button, new() { Name = "Set up" }).ClickAsync();
        var secret = Base32Encoding.ToBytes((await panel.GetByRole(AriaRole.Region, new() { Name = "Key for the app" }).InnerTextAsync()).Trim());
        await Assertions.Expect(panel.GetByRole(AriaRole.Img, new() { Name = "QR code" })).ToBeVisibleAsync();
        await opened.LookAsync("two-factor-set-up");
        await panel.GetByRole(AriaRole.Textbox, new() { Name = "Code" }).FillAsync("000000");
        await panel.GetByRole(AriaRole.Button, new() { Name = "Turn on" }).ClickAsync();
        await Assertions.Expect(panel.GetByText("It is wrong, was used before or has expired")).ToBeVisibleAsync();
        await panel.GetByRole(AriaRole.Textbox, new() { Name = "Code" }).FillAsync(new Totp(secret).ComputeTotp());
        await panel.GetByRole(AriaRole.Button, new() { Name = "Turn on" }).ClickAsync();
        var recoveryCodes = (await panel.GetByRole(AriaRole.Region, new() { Name = "Recovery codes" }).InnerTextAsync()).Split('\n', StringSplitOptions.TrimEntries);
        await opened.LookAsync("two-factor-recovery-codes");
        await panel.GetByRole(AriaRole.Button, new() { Name = "I have kept them" }).ClickAsync();
        await opened.LookAsync("two-factor-on");

        await page.GetByRole(AriaRole.Button, new() { Name = "Account:" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Sign out" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "E-mail" }).FillAsync(email);
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Code" }).FillAsync("000000");
        await opened.LookAsync("sign-in-code");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(page.GetByText("It is wrong, was used before or has expired")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Code" }).FillAsync(recoveryCodes[0]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Account:" })).ToBeVisibleAsync();

        await opened.GoAsync("/account");
        await panel.GetByRole(AriaRole.Textbox, new() { Name = "Your password" }).FillAsync(Password);
        await panel.GetByRole(AriaRole.Textbox, new() { Name = "Code" }).FillAsync(recoveryCodes[1]);
        await panel.GetByRole(AriaRole.Button, new() { Name = "Turn off" }).ClickAsync();
        await Assertions.Expect(panel.GetByRole(AriaRole.Button, new() { Name = "Set up" })).ToBeVisibleAsync();
        Assert.Equal(10, recoveryCodes.Length);
    }

    [Fact]
    public async Task A_site_is_left_after_a_question_and_not_by_its_last_admin()
    {
        var email = $"leaver{Guid.NewGuid():n}@example.com";
        await using var admin = await dashboard.OpenAsync("/settings/members");
        var link = await DashboardSettingsTests.InviteAsync(admin.Page, email, "Admin");
        await using var opened = await dashboard.OpenAsStrangerAsync(link);
        var page = opened.Page;
        await page.GetByLabel("Your name").FillAsync("Lea");
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Password" }).FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create account and join" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Journeys", Level = 1 })).ToBeVisibleAsync();
        var own = $"Own {Guid.NewGuid():n}";
        await DashboardSettingsTests.CreateSiteAsync(page, own);
        await opened.GoAsync("/account");

        await page.GetByRole(AriaRole.Button, new() { Name = $"Leave {own}" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Leave site" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("A site needs at least one admin.");
        await opened.LookAsync("leave-site");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        var others = page.GetByRole(AriaRole.Button, new() { NameRegex = new("^Leave (?!Own|site$)") });
        await others.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Leave site" }).ClickAsync();

        await Assertions.Expect(page.GetByText(new Regex("^You left "))).ToBeVisibleAsync();
        await Assertions.Expect(others).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Site:" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Menuitem, new() { Name = own })).ToBeVisibleAsync();
        await admin.GoAsync("/settings/members");
        await Assertions.Expect(admin.Page.GetByText(email)).ToHaveCountAsync(0);
    }

    [Theory]
    [InlineData("/reset-password#pr_unknown", "reset-password")]
    [InlineData("/forgot-password", "forgot-password")]
    public async Task The_pages_for_a_forgotten_password_say_what_is_wrong(string path, string name)
    {
        await using var opened = await dashboard.OpenAsStrangerAsync(path);
        var page = opened.Page;

        if (name == "reset-password")
            await page.GetByRole(AriaRole.Textbox, new() { Name = "New password" }).FillAsync(Password);
        else
            await page.GetByRole(AriaRole.Textbox, new() { Name = "E-mail" }).FillAsync("ada@example.com");
        await page.Locator("button[type=submit]").ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync(name == "reset-password" ? "This link was used" : "E-mail delivery is not set up");
        await opened.LookAsync(name);
    }
}
