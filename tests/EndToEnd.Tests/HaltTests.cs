using System.Text.Json.Nodes;
using Journeys.Testing;

namespace Journeys.EndToEnd.Tests;

/// <summary>A site is halted while people come and move, with every service a process of its own.</summary>
[Collection(SharedDeployment.Name)]
public sealed class HaltTests(Deployment deployment)
{
    [Fact]
    public async Task Under_load_nobody_enters_or_moves_after_the_answer_and_everybody_goes_on_after_the_resume()
    {
        // The other tests need theirs.
        var (siteId, api) = await deployment.NewSiteAsync("Halted");
        using var _ = api;
        var journey = await api.PublishAsync(Designs.TwoSteps("1s"));
        using var stop = new CancellationTokenSource();
        var entered = 0;
        var load = Enumerable.Range(0, 6).Select(n => Task.Run(() => LoadAsync(n))).ToList();
        await Eventually.Equal(true, () => Task.FromResult(Volatile.Read(ref entered) > 30), "people to enter");

        // A halt that Enrollment has not confirmed within two seconds says so, and is sent again by its repeat.
        JsonNode halt;
        do
            halt = await api.PostAsync($"/api/sites/{siteId}/halt", new { reason = "Under load" });
        while (!halt["appliedEverywhere"]!.GetValue<bool>());
        var enrolled = await EnrolledAsync();
        await stop.CancelAsync();
        await Task.WhenAll(load);
        var visits = await VisitsAsync();
        // Waits end meanwhile, and reports come.
        await Eventually.Equal(true, async () => await CountAsync("select count(*) from scheduler.parked_timer where journey_id = $1") > 0, "waits that end to be held");
        var late = await api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId = "0-0", nodeId = "two", outcome = "COMPLETED" });
        var refusal = await Assert.ThrowsAsync<HttpRequestException>(() => api.SdkAsync($"/sdk/journeys/{journey}/enroll", new { userId = "too-late" }));

        Assert.Equal((enrolled, visits), (await EnrolledAsync(), await VisitsAsync()));
        Assert.Contains("SITE_HALTED", refusal.Message, StringComparison.Ordinal);
        Assert.False(late["applied"]!.GetValue<bool>());
        Assert.Null(late["step"]);
        Assert.Equal("PUBLISHED", (await api.GetAsync($"/api/journeys/{journey}"))["status"]!.GetValue<string>());

        await api.PostAsync($"/api/sites/{siteId}/resume", new { });
        await Eventually.Equal(
            0L, () => CountAsync("select count(*) from enrollment.enrollment where journey_id = $1 and node_id in ('one', 'rest')"), "everybody to go on", TimeSpan.FromMinutes(2));
        var counts = (await api.GetAsync($"/api/enrollment-counts?journeyIds={journey}"))["counts"]![0]!;
        Assert.Equal(
            enrolled, await CountAsync("select count(*) from enrollment.enrollment where journey_id = $1 and status in ('ACTIVE', 'COMPLETED')"));
        Assert.Equal(enrolled, counts["active"]!.GetValue<long>() + counts["completed"]!.GetValue<long>());
        await deployment.CheckLedgerAsync();

        async Task LoadAsync(int lane)
        {
            for (var n = 0; !stop.IsCancellationRequested; n++)
            {
                try
                {
                    await api.SdkAsync($"/sdk/journeys/{journey}/enroll", new { userId = $"{lane}-{n}" });
                    Interlocked.Increment(ref entered);
                    await api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId = $"{lane}-{n}", nodeId = "one", outcome = "COMPLETED" });
                }
                catch (HttpRequestException refused) when (refused.Message.Contains("SITE_HALTED", StringComparison.Ordinal))
                {
                    return;
                }
            }
        }

        Task<long> EnrolledAsync() => CountAsync("select count(*) from enrollment.enrollment where journey_id = $1");

        Task<long> VisitsAsync() => CountAsync(
            "select count(*) from enrollment.visit join enrollment.enrollment using (site_id, enrollment_id) where journey_id = $1");

        async Task<long> CountAsync(string sql)
        {
            await using var command = deployment.Database.CreateCommand(sql);
            command.Parameters.Add(new() { Value = Guid.Parse(journey) });
            return (long)(await command.ExecuteScalarAsync())!;
        }
    }
}
