using System.Text;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>Audiences, users and user lists.</summary>
[Collection(Dashboard.Collection)]
public sealed class DashboardAudienceTests(Dashboard dashboard)
{
    [Fact]
    public async Task An_audience_is_created_with_a_rule_found_changed_and_deleted()
    {
        await IdentifyAsync("aud-1", new { tier = "gold", name = "Ada" });
        await IdentifyAsync("aud-2", new { tier = "silver" });
        await using var opened = await dashboard.OpenAsync("/audiences");
        var page = opened.Page;

        await page.GetByRole(AriaRole.Link, new() { Name = "Create audience" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("Gold tier");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a rule" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "What we know about them" }).ClickAsync();
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Field" }).FillAsync("traits.tier");
        await page.Keyboard.PressAsync("Escape");
        await page.GetByLabel("Value", new() { Exact = true }).FillAsync("gold");
        var sample = page.GetByRole(AriaRole.Region, new() { Name = "People who match" });
        await Assertions.Expect(sample.GetByRole(AriaRole.Link, new() { Name = "aud-1" })).ToBeVisibleAsync();
        await Assertions.Expect(sample.GetByRole(AriaRole.Link, new() { Name = "aud-2" })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Gold tier", Level = 1 })).ToBeVisibleAsync();
        await opened.LookAsync("audience");

        await page.GetByLabel("Value", new() { Exact = true }).FillAsync("silver");
        await Assertions.Expect(sample.GetByRole(AriaRole.Link, new() { Name = "aud-2" })).ToBeVisibleAsync();
        // The button is disabled while it saves, too.
        await page.RunAndWaitForResponseAsync(
            () => page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync(), response => response.Request.Method == "PATCH");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Save" })).ToBeDisabledAsync();

        await opened.GoAsync("/audiences");
        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Search audiences" }).FillAsync("gold");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Audiences" }).Locator("tbody tr")).ToHaveCountAsync(1);
        await Assertions.Expect(page.GetByText("tier is \"silver\"")).ToBeVisibleAsync();
        await opened.LookAsync("audiences");
        await page.GetByRole(AriaRole.Link, new() { Name = "Gold tier" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Gold tier" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_audience_that_a_journey_uses_is_not_deleted_and_why_is_said()
    {
        var audience = (await dashboard.Api.PostAsync("/api/audiences", new
        {
            name = "In use",
            rule = new { condition = new { field = "traits.plan", @operator = "EXISTS" } },
        }))["id"]!.GetValue<string>();
        await dashboard.Api.PostAsync("/api/journeys", new { name = "Uses it", audienceId = audience });
        await using var opened = await dashboard.OpenAsync($"/audiences/{audience}");
        var page = opened.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Alert)).ToContainTextAsync("1 journey uses In use, in the draft or in a live version.");
        await opened.LookAsync("audience-in-use");
    }

    [Fact]
    public async Task A_change_that_somebody_else_made_meanwhile_is_not_overwritten()
    {
        var audience = await dashboard.Api.PostAsync("/api/audiences", new { name = "Contested", rule = new { @event = new { name = "paid" } } });
        await using var opened = await dashboard.OpenAsync($"/audiences/{audience["id"]}");
        var page = opened.Page;
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Description" }).FillAsync("Mine");
        await dashboard.Api.PatchAsync($"/api/audiences/{audience["id"]}", new { description = "Theirs" });

        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Somebody else has changed this audience in the meantime.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Take their version" }).ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Textbox, new() { Name = "Description" })).ToHaveValueAsync("Theirs");
    }

    [Fact]
    public async Task A_user_is_found_looked_at_exported_and_erased()
    {
        await IdentifyAsync("to-erase", new { name = "Dora Known", seats = 3 });
        await dashboard.Api.SdkAsync("/sdk/events", new { userId = "to-erase", events = Enumerable.Repeat(new { name = "project_created", properties = new { kind = "team" } }, 1) });
        var journey = await dashboard.Api.PublishAsync(Designs.TwoSteps("604800s"));
        await dashboard.Api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = Enumerable.Repeat("to-erase", 1) });
        await using var opened = await dashboard.OpenAsync("/users");
        var page = opened.Page;

        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Search users" }).FillAsync("dora known");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Users" }).Locator("tbody tr")).ToHaveCountAsync(1);
        await opened.LookAsync("users");
        await page.GetByRole(AriaRole.Link, new() { Name = "to-erase" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Traits" })).ToContainTextAsync("seats3");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Events" })).ToContainTextAsync("project_created");
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Journeys" }).GetByRole(AriaRole.Link, new() { Name = "Two steps" })).ToBeVisibleAsync();
        await opened.LookAsync("user");

        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Export" }).ClickAsync());
        Assert.Contains("Dora Known", await File.ReadAllTextAsync(await download.PathAsync()), StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Button, new() { Name = "Erase" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "Erase" })).ToBeDisabledAsync();
        await opened.LookAsync("user-erase");
        await dialog.GetByLabel("Type to-erase to confirm").FillAsync("to-erase");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Erase" }).ClickAsync();
        var job = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Erase a user" });
        await Assertions.Expect(job).ToContainTextAsync("Completed");
        await opened.GoAsync("/users/to-erase");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Not found" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_list_is_created_filled_from_a_file_renamed_emptied_and_deleted()
    {
        await using var opened = await dashboard.OpenAsync("/lists");
        var page = opened.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "Create list" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("Imported");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add members" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "CSV file" }).ClickAsync();
        // More than one call takes.
        var file = "user_id,plan\n" + string.Concat(Enumerable.Range(1, 2_500).Select(i => $"imported-{i:0000},pro\n"));
        await page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "members.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(file) });
        await opened.LookAsync("list-import");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add 2,500 members" }).ClickAsync();
        await Assertions.Expect(page.GetByText("1–50 of 2,500")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Remove imported-0001" }).ClickAsync();
        await Assertions.Expect(page.GetByText("1–50 of 2,499")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Rename" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync("Imported in spring");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Imported in spring", Level = 1 })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await opened.LookAsync("list");
        await opened.GoAsync("/lists");
        await opened.LookAsync("lists");
        await page.GetByRole(AriaRole.Link, new() { Name = "Imported in spring" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Imported in spring" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_file_in_an_old_encoding_is_read_as_it_was_meant_and_a_spreadsheets_own_file_is_refused_in_words()
    {
        var list = (await dashboard.Api.PostAsync("/api/user-lists", new { name = $"Encoded {Guid.NewGuid():n}" }))["id"]!.GetValue<string>();
        await using var opened = await dashboard.OpenAsync($"/lists/{list}");
        var page = opened.Page;
        await page.GetByRole(AriaRole.Button, new() { Name = "Add members" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "CSV file" }).ClickAsync();
        var preview = page.GetByRole(AriaRole.Region, new() { Name = "Preview of the file" });
        var encoding = page.GetByRole(AriaRole.Combobox, new() { Name = "Encoding" });

        await ChooseAsync(page, "book.xlsx", [0x50, 0x4b, 0x03, 0x04, 0x14, 0x00]);
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Save the sheet as CSV");

        await ChooseAsync(page, "export.csv", Encoding.Latin1.GetBytes("user_id,name\r\nmüller,Müller\r\nmöller,Möller\r\n"));
        await Assertions.Expect(encoding).ToHaveValueAsync("windows-1252");
        await Assertions.Expect(preview).ToContainTextAsync("müller");
        await opened.LookAsync("list-import-encoding");
        await encoding.SelectOptionAsync("utf-8");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("This file is not in UTF-8.");
        await encoding.SelectOptionAsync("windows-1252");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add 2 members" }).ClickAsync();

        await Assertions.Expect(page.GetByText("1–2 of 2")).ToBeVisibleAsync();
        var members = (await dashboard.Api.GetAsync($"/api/user-lists/{list}/members"))["userIds"]!.AsArray().Select(id => id!.GetValue<string>());
        Assert.Equal(["möller", "müller"], members.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_click_that_is_repeated_because_its_answer_was_lost_makes_no_second_list()
    {
        var name = $"Once {Guid.NewGuid():n}";
        await using var opened = await dashboard.OpenAsync("/lists");
        var page = opened.Page;
        var isLost = false;
        await page.RouteAsync("**/api/user-lists", async route =>
        {
            if (isLost)
            {
                await route.ContinueAsync();
                return;
            }

            isLost = true;
            await route.FetchAsync();
            await route.AbortAsync();
        });
        await page.GetByRole(AriaRole.Button, new() { Name = "Create list" }).First.ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByRole(AriaRole.Textbox, new() { Name = "Name" }).FillAsync(name);

        await dialog.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Assertions.Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("The server cannot be reached.");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = name, Level = 1 })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_file_that_is_damaged_says_where_and_what_nobody_knows_is_counted_before_it_is_added()
    {
        await IdentifyAsync("müller", new { });
        var list = (await dashboard.Api.PostAsync("/api/user-lists", new { name = $"Damaged {Guid.NewGuid():n}" }))["id"]!.GetValue<string>();
        await using var opened = await dashboard.OpenAsync($"/lists/{list}");
        var page = opened.Page;
        await page.GetByRole(AriaRole.Button, new() { Name = "Add members" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "CSV file" }).ClickAsync();
        var encoding = page.GetByRole(AriaRole.Combobox, new() { Name = "Encoding" });
        var column = page.GetByRole(AriaRole.Combobox, new() { Name = "Column with the user ids" });
        var alert = page.GetByRole(AriaRole.Alert);

        await ChooseAsync(page, "damaged.csv", [.. Encoding.UTF8.GetBytes("code;user_id\na;müller\nb;new-one\nc;m"), 0xfc, .. Encoding.UTF8.GetBytes("ller\n")]);
        await Assertions.Expect(encoding).ToHaveValueAsync("utf-8");
        await Assertions.Expect(alert).ToContainTextAsync("Line 4 is not UTF-8, as the rest of the file is.");
        await Assertions.Expect(page.GetByText("2 different users in 3 rows")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("1 left out")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("1 not known yet: new-one")).ToBeVisibleAsync();
        await opened.LookAsync("list-import-damaged");

        // What the author chose stays in another encoding.
        await column.ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "code" }).ClickAsync();
        await encoding.SelectOptionAsync("windows-1252");
        await Assertions.Expect(column).ToHaveValueAsync("code");
        await Assertions.Expect(alert).ToHaveCountAsync(0);

        await ChooseAsync(page, "quote.csv", Encoding.UTF8.GetBytes("user_id,note\nu-1,\"oops\nu-2,fine\nu-3,\"fine\"\n"));
        await Assertions.Expect(alert).ToContainTextAsync("The quote that opens in line 2 is not closed there");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true })).ToBeDisabledAsync();
    }

    [Fact]
    public async Task A_long_name_and_the_buttons_beside_it_do_not_overlap_on_a_tablet()
    {
        var name = $"{Guid.NewGuid():n}{Guid.NewGuid():n}";
        var list = (await dashboard.Api.PostAsync("/api/user-lists", new { name }))["id"]!.GetValue<string>();
        await using var opened = await dashboard.OpenAsync($"/lists/{list}");
        await opened.Page.SetViewportSizeAsync(768, 800);

        var overlap = await opened.Page.EvaluateAsync<bool>("""
            () => {
              const words = document.createRange();
              words.selectNodeContents(document.querySelector("h1"));
              const title = words.getBoundingClientRect();
              return [...document.querySelectorAll("header button")].some((button) => {
                const box = button.getBoundingClientRect();
                return box.right > innerWidth || (box.left < title.right && box.top < title.bottom && box.bottom > title.top);
              });
            }
            """);

        Assert.False(overlap);
        await opened.LookAsync("list-long-name");
    }

    static Task ChooseAsync(IPage page, string name, byte[] bytes) =>
        page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = name, MimeType = "text/csv", Buffer = bytes });

    async Task IdentifyAsync(string userId, object traits) => await dashboard.Api.SdkAsync("/sdk/identify", new { userId, traits });
}
