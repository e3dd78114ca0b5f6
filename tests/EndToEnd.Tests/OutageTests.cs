using System.Text.Json.Nodes;
using Journeys.Testing;

namespace Journeys.EndToEnd.Tests;

/// <summary>What was answered with success happens, also when the database of one service is away meanwhile.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    readonly Deployment deployment = new() { SchedulerIsApart = true };

    Api Api => deployment.Api;

    public Task InitializeAsync() => deployment.InitializeAsync();

    public Task DisposeAsync() => deployment.DisposeAsync();

    [Fact]
    public async Task Archive_resume_and_publish_take_effect_when_the_schedulers_database_is_back()
    {
        var users = Enumerable.Range(0, 10).Select(number => $"u{number}").ToList();
        foreach (var userId in users)
            await Api.SdkAsync("/sdk/identify", new { userId, traits = new { plan = "pro" } });
        var archived = await Api.PublishAsync(Designs.TwoSteps("600s"));
        await Api.PostAsync($"/api/journeys/{archived}/enrollments", new { userIds = users });
        var resumed = await Api.PublishAsync(Designs.TwoSteps("600s"));
        await Api.PostAsync($"/api/journeys/{resumed}/enrollments", new { userIds = users });
        await Api.PostAsync($"/api/journeys/{resumed}/pause", new { });
        foreach (var userId in users)
            await Api.SdkAsync($"/sdk/journeys/{resumed}/progress", new { userId, nodeId = "one", outcome = "COMPLETED" });

        await deployment.SchedulerDatabase!.TakeAwayAsync();
        await Api.PostAsync($"/api/journeys/{archived}/archive", new { });
        await Api.PostAsync($"/api/journeys/{resumed}/resume", new { });
        var published = await Api.PublishAsync(await AutoEnrollingAsync());
        await Eventually.True(
            () => Task.FromResult(deployment.Scheduler.Log.Contains("The database does not answer", StringComparison.Ordinal)), "the Scheduler to notice");
        await deployment.SchedulerDatabase.GiveBackAsync();

        await Eventually.Equal(10, () => CountAsync(archived, "archived"), "people let out of the archived journey");
        await Eventually.Equal(10, () => CountAsync(published, "active"), "people enrolled by the audience");
        await Eventually.Equal(10, () => CountAtAsync(resumed, "rest"), "people who went on in the resumed journey");
        Assert.Empty((await Api.GetAsync("/api/dead-letters"))["deadLetters"]?.AsArray() ?? []);
        await deployment.CheckLedgerAsync();
    }

    async Task<JsonNode> AutoEnrollingAsync()
    {
        var rule = new { condition = new { field = "traits.plan", @operator = "EQ", value = "pro" } };
        var design = Designs.TwoSteps("600s");
        design["audienceId"] = (await Api.PostAsync("/api/audiences", new { name = "pros", rule }))["id"]!.GetValue<string>();
        design["autoEnroll"] = true;
        return design;
    }

    async Task<int> CountAsync(string journey, string status) =>
        (await Api.GetAsync($"/api/enrollment-counts?journeyIds={journey}"))["counts"]![0]![status]!.GetValue<int>();

    async Task<int> CountAtAsync(string journey, string node) =>
        (await Api.GetAsync($"/api/journeys/{journey}/enrollments?nodeId={node}"))["enrollments"]?.AsArray().Count ?? 0;
}
