using System.Text;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>People in a journey: who is in, letting people in, stopping them, and why.</summary>
[Collection(Dashboard.Collection)]
public sealed class DashboardPeopleTests(Dashboard dashboard)
{
    [Fact]
    public async Task People_are_let_in_by_pasted_ids_and_from_a_file_and_found_by_status_node_and_id()
    {
        var journey = await dashboard.Api.PublishAsync(Designs.TwoSteps("604800s"));
        await using var opened = await dashboard.OpenAsync($"/journeys/{journey}/people");
        var page = opened.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "Enroll people" }).First.ClickAsync();
        await page.GetByLabel("User ids").FillAsync("pasted-1, pasted-2\npasted-1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Enroll 2 users" }).ClickAsync();
        await Assertions.Expect(page.GetByText("2 newly enrolled")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Enroll people" }).ClickAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "CSV file" }).ClickAsync();
        await page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload
        {
            Name = "people.csv",
            MimeType = "text/csv",
            Buffer = Encoding.UTF8.GetBytes("name;user id\n\"Ada; the first\";filed-1\nBen;pasted-2\n"),
        });
        await opened.LookAsync("people-enroll-file");
        await page.GetByRole(AriaRole.Button, new() { Name = "Enroll 2 users" }).ClickAsync();
        await Assertions.Expect(page.GetByText("1 had an enrollment already")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();

        await dashboard.Api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId = "filed-1", nodeId = "one", outcome = "COMPLETED" });
        var rows = page.GetByRole(AriaRole.Region, new() { Name = "People in this journey" }).Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(3);
        await page.GetByRole(AriaRole.Combobox, new() { Name = "At node" }).ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "rest" }).ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(1);
        await Assertions.Expect(rows.First).ToContainTextAsync("filed-1");
        await page.GetByRole(AriaRole.Combobox, new() { Name = "At node" }).ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "At any node" }).ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(3);
        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Find a user id" }).FillAsync("pasted-1");
        await Assertions.Expect(rows).ToHaveCountAsync(1);
        await page.GetByText("Completed", new() { Exact = false }).First.ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "No people match" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show everybody" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Searchbox, new() { Name = "Find a user id" })).ToHaveValueAsync("");
        await Assertions.Expect(rows).ToHaveCountAsync(3);
        await opened.LookAsync("people");

        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Export as CSV" }).ClickAsync());
        var lines = await File.ReadAllLinesAsync(await download.PathAsync());
        Assert.StartsWith("userId,anonymousId,enrollmentId,status,currentNodeId,", lines[0], StringComparison.Ordinal);
        Assert.Equal(["filed-1", "pasted-1", "pasted-2"], lines[1..].Select(line => line.Split(',')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task More_ids_than_one_call_takes_are_let_in_by_a_job_whose_progress_is_shown()
    {
        var journey = await dashboard.Api.PublishAsync(Designs.TwoSteps("604800s"));
        await using var opened = await dashboard.OpenAsync($"/journeys/{journey}/people");
        var page = opened.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "Enroll people" }).First.ClickAsync();
        await page.GetByLabel("User ids").FillAsync(string.Join('\n', Enumerable.Range(1, 1_200).Select(i => $"{journey}-{i}")));
        await Assertions.Expect(page.GetByText("1,200 not known yet")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Enroll 1,200 users" }).ClickAsync();

        await Assertions.Expect(page.GetByText("1,200 changed")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        await Assertions.Expect(page.GetByText("1–25 of 1,200")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_whole_list_is_let_in_by_a_job_whose_progress_is_shown()
    {
        var journey = await dashboard.Api.PublishAsync(Designs.TwoSteps("604800s"));
        var list = (await dashboard.Api.PostAsync("/api/user-lists", new { name = $"To let in {journey}" }))["id"]!.GetValue<string>();
        await dashboard.Api.PostAsync($"/api/user-lists/{list}/members", new { add = Enumerable.Range(1, 120).Select(i => $"listed-{i}") });
        await using var opened = await dashboard.OpenAsync($"/journeys/{journey}/people");
        var page = opened.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "Enroll people" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "A user list" }).ClickAsync();
        await page.GetByRole(AriaRole.Combobox, new() { Name = "User list" }).FillAsync(journey);
        await page.GetByRole(AriaRole.Option, new() { Name = "(120)" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Enroll 120 users" }).ClickAsync();
        await Assertions.Expect(page.GetByText("120 changed")).ToBeVisibleAsync();
        await opened.LookAsync("people-enroll-list");
        await page.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();

        await Assertions.Expect(page.GetByText("1–25 of 120")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next" }).ClickAsync();
        await Assertions.Expect(page.GetByText("26–50 of 120")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Previous" }).ClickAsync();
        await Assertions.Expect(page.GetByText("1–25 of 120")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Everybody_who_matches_a_rule_is_let_in_by_a_job_after_it_was_shown_how_many_they_are()
    {
        var journey = await dashboard.Api.PublishAsync(Designs.TwoSteps("604800s"));
        foreach (var n in Enumerable.Range(1, 3))
            await dashboard.Api.SdkAsync("/sdk/identify", new { userId = $"ruled-{n}", traits = new { plan = journey } });
        await using var opened = await dashboard.OpenAsync($"/journeys/{journey}/people");
        var page = opened.Page;
        var dialog = page.GetByRole(AriaRole.Dialog);
        var enroll = dialog.GetByRole(AriaRole.Button, new() { NameRegex = new("^Enroll") });

        await page.GetByRole(AriaRole.Button, new() { Name = "Enroll people" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "By a rule" }).ClickAsync();
        await Assertions.Expect(enroll).ToBeDisabledAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Add a rule" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "What we know about them" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Combobox, new() { Name = "Field" }).FillAsync("traits.plan");
        await page.Keyboard.PressAsync("Escape");
        await dialog.GetByLabel("Value", new() { Exact = true }).FillAsync("nobody has this");
        await Assertions.Expect(dialog.GetByText("Nobody who matches can enter.")).ToBeVisibleAsync();
        await Assertions.Expect(enroll).ToBeDisabledAsync();
        await dialog.GetByLabel("Value", new() { Exact = true }).FillAsync(journey);
        await Assertions.Expect(enroll).ToHaveTextAsync("Enroll 3 people");
        await opened.LookAsync("people-enroll-rule");
        await enroll.ClickAsync();

        await Assertions.Expect(dialog.GetByText("Everybody who matched was processed.")).ToBeVisibleAsync();
        await Assertions.Expect(dialog.GetByText("3 changed")).ToBeVisibleAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        await Assertions.Expect(page.GetByText("1–3 of 3")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_persons_page_tells_every_step_what_they_wait_for_and_what_would_move_them_and_stops_them()
    {
        var journey = await dashboard.Api.PublishAsync(Designs.TwoSteps("604800s"));
        await dashboard.Api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = Enumerable.Repeat("looked-at", 1) });
        var enrollment = (await dashboard.Api.EnrollmentAsync(journey, "looked-at"))!["id"]!.GetValue<string>();
        await using var opened = await dashboard.OpenAsync($"/journeys/{journey}/people/{enrollment}");
        var page = opened.Page;
        var waiting = page.GetByRole(AriaRole.Region, new() { Name = "Waiting for" });
        await Assertions.Expect(waiting).ToContainTextAsync("They complete, dismiss or skip it");

        // The page notices by itself.
        await dashboard.Api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId = "looked-at", nodeId = "one", outcome = "SKIPPED" });
        await Assertions.Expect(waiting).ToContainTextAsync("A timer at 20");
        var timeline = page.GetByRole(AriaRole.Region, new() { Name = "Timeline" });
        await Assertions.Expect(timeline.GetByRole(AriaRole.Listitem).Nth(2)).ToContainTextAsync("Skipped the content");
        await Assertions.Expect(timeline.GetByRole(AriaRole.Listitem).Nth(2)).ToContainTextAsync("here now");
        await opened.LookAsync("person");

        await page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Enrollment", Exact = true })).ToContainTextAsync("stopped by a call or in the dashboard");
        await Assertions.Expect(waiting).ToHaveCountAsync(0);
        Assert.Equal("STOPPED", (await dashboard.Api.EnrollmentAsync(journey, "looked-at"))!["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task Many_are_stopped_by_a_job_after_it_was_shown_whom_that_means()
    {
        var journey = await dashboard.Api.PublishAsync(Designs.TwoSteps("604800s"));
        string[] users = ["stop-1", "stop-2", "stop-3"];
        await dashboard.Api.SdkAsync("/sdk/identify", new { userId = users[0], traits = new { plan = journey } });
        await dashboard.Api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = users });
        await dashboard.Api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId = users[2], nodeId = "one", outcome = "COMPLETED" });
        await using var opened = await dashboard.OpenAsync($"/journeys/{journey}/people");
        var page = opened.Page;
        var dialog = page.GetByRole(AriaRole.Dialog);
        var stop = dialog.GetByRole(AriaRole.Button, new() { NameRegex = new("^Stop") });

        await page.GetByRole(AriaRole.Button, new() { Name = "Stop people" }).ClickAsync();
        await dialog.GetByLabel("Reason").FillAsync("The course has moved.");
        // Nobody is meant until somebody is chosen.
        await Assertions.Expect(stop).ToBeDisabledAsync();
        await dialog.GetByRole(AriaRole.Combobox, new() { Name = "At these nodes" }).ClickAsync();
        await page.GetByRole(AriaRole.Option, new() { Name = "one" }).ClickAsync();
        await Assertions.Expect(stop).ToHaveTextAsync("Stop 2 people");
        await page.Keyboard.PressAsync("Escape");
        await opened.LookAsync("people-stop");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Add a rule" }).ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "What we know about them" }).ClickAsync();
        await Assertions.Expect(stop).ToBeDisabledAsync();
        await dialog.GetByRole(AriaRole.Combobox, new() { Name = "Field" }).FillAsync("traits.plan");
        await page.Keyboard.PressAsync("Escape");
        await dialog.GetByLabel("Value", new() { Exact = true }).FillAsync(journey);
        await Assertions.Expect(stop).ToHaveTextAsync("Stop 1 person");
        await dialog.GetByText("Everybody inside").ClickAsync();
        await Assertions.Expect(stop).ToHaveTextAsync("Stop 3 people");
        await dialog.GetByText("By user id").ClickAsync();
        await Assertions.Expect(stop).ToBeDisabledAsync();
        await dialog.GetByLabel("User ids").FillAsync(users[2]);
        await Assertions.Expect(stop).ToHaveTextAsync("Stop 1 person");
        // Ids that are no longer in the field mean nobody.
        await dialog.GetByText("Everybody inside").ClickAsync();
        await dialog.GetByText("By user id").ClickAsync();
        await Assertions.Expect(stop).ToBeDisabledAsync();
        await dialog.GetByLabel("User ids").FillAsync($"{users[0]}, {users[1]}");
        await Assertions.Expect(stop).ToHaveTextAsync("Stop 2 people");
        await stop.ClickAsync();

        await Assertions.Expect(dialog.GetByText("Everybody who matched was stopped.")).ToBeVisibleAsync();
        await Assertions.Expect(dialog.GetByText("2 changed")).ToBeVisibleAsync();
        await opened.LookAsync("people-stopped");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        var rows = page.GetByRole(AriaRole.Region, new() { Name = "People in this journey" }).Locator("tbody tr");
        await Assertions.Expect(rows.Filter(new() { HasText = "Stopped" })).ToHaveCountAsync(2);
        foreach (var user in users[..2])
            Assert.Equal("STOPPED", (await dashboard.Api.EnrollmentAsync(journey, user))!["status"]!.GetValue<string>());
        Assert.Equal("ACTIVE", (await dashboard.Api.EnrollmentAsync(journey, users[2]))!["status"]!.GetValue<string>());

        await page.GetByRole(AriaRole.Button, new() { Name = "Earlier stops" }).ClickAsync();
        var earlier = dialog.GetByRole(AriaRole.Region, new() { Name = "Earlier stops" }).Locator("tbody tr");
        await Assertions.Expect(earlier).ToHaveCountAsync(1);
        await Assertions.Expect(earlier).ToContainTextAsync("The course has moved.");
        await Assertions.Expect(earlier).ToContainTextAsync("Completed");
        await opened.LookAsync("people-earlier-stops");
        await earlier.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo the stop" }).ClickAsync();
        await Assertions.Expect(earlier).ToContainTextAsync("2 people", new() { Timeout = 30_000 });
        foreach (var user in users)
            Assert.Equal("ACTIVE", (await dashboard.Api.EnrollmentAsync(journey, user))!["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task Why_a_user_is_not_in_is_answered_in_sentences()
    {
        var journey = await dashboard.Api.PublishAsync(Designs.TwoSteps("604800s"));
        await using var opened = await dashboard.OpenAsync($"/journeys/{journey}/people");
        var page = opened.Page;

        await page.GetByRole(AriaRole.Button, new() { Name = "Why is this user not in the journey?" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "User id", Exact = true }).FillAsync("never-heard-of");
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask" }).ClickAsync();

        await Assertions.Expect(page.GetByRole(AriaRole.List, new() { Name = "What was checked" })).ToContainTextAsync("No user or visitor with the id never-heard-of is known.");
        await opened.LookAsync("people-why");
    }
}
