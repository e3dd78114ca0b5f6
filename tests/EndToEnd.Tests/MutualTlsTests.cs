using Journeys.Testing;

namespace Journeys.EndToEnd.Tests;

/// <summary>Every program with a certificate that the shipped script made, and none that speaks cleartext.</summary>
public sealed class MutualTlsTests : IAsyncLifetime
{
    readonly Deployment deployment = new() { HasCertificates = true };

    public Task InitializeAsync() => deployment.InitializeAsync();

    public Task DisposeAsync() => deployment.DisposeAsync();

    [Fact]
    public async Task A_person_walks_through_a_journey_when_the_programs_know_each_other_by_certificates()
    {
        var api = deployment.Api;
        var journey = await api.PublishAsync(Designs.TwoSteps("1s"));
        var userId = $"u-{Guid.NewGuid():N}";

        await api.SdkAsync($"/sdk/journeys/{journey}/enroll", new { userId });
        await api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId, nodeId = "one", outcome = "COMPLETED" });

        await Eventually.Equal("two", async () => (await api.EnrollmentAsync(journey, userId))!["currentNodeId"]!.GetValue<string>(), "the node");
        // Definition tells Enrollment of a change, Scheduler and Enrollment compare with Definition, Enrollment asks the Scheduler.
        await api.PostAsync($"/api/journeys/{journey}/pause", new { });
        await Eventually.True(
            async () => (await api.GetAsync($"/api/journeys/{journey}"))["appliedEverywhere"]!.GetValue<bool>(), "the pause to be known everywhere");
        Assert.NotNull(await api.GetAsync("/api/dead-letters"));
        await deployment.CheckLedgerAsync();
    }
}
