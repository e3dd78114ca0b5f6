using System.Net;
using System.Text.Json.Nodes;
using Journeys.Testing;

namespace Journeys.EndToEnd.Tests;

/// <summary>The promises of the product, through the public API, with every service a process of its own.</summary>
[Collection(SharedDeployment.Name)]
public sealed class PromiseTests(Deployment deployment)
{
    readonly Api api = deployment.Api;

    [Fact]
    public async Task Racing_calls_enroll_a_person_once()
    {
        var journey = await api.PublishAsync(Designs.TwoSteps("60s"));
        var userId = NewId();

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => api.SdkAsync($"/sdk/journeys/{journey}/enroll", new { userId })));

        Assert.Single(answers, answer => answer["created"]!.GetValue<bool>());
        Assert.Single(answers.Select(answer => answer["enrollment"]!["id"]!.GetValue<string>()).Distinct());
        Assert.Equal(1, (await api.GetAsync($"/api/journeys/{journey}/enrollments"))["totalSize"]!.GetValue<int>());
        await deployment.CheckLedgerAsync();
    }

    [Fact]
    public async Task A_repeated_report_changes_nothing()
    {
        var journey = await api.PublishAsync(Designs.TwoSteps("60s"));
        var userId = NewId();
        await api.SdkAsync($"/sdk/journeys/{journey}/enroll", new { userId });

        var first = await ReportAsync(journey, userId, "one");
        var second = await ReportAsync(journey, userId, "one");

        Assert.True(first["applied"]!.GetValue<bool>());
        Assert.False(second["applied"]!.GetValue<bool>());
        Assert.Equal("rest", second["enrollment"]!["currentNodeId"]!.GetValue<string>());
        Assert.Equal(3, (await VisitsAsync(journey, first["enrollment"]!["id"]!.GetValue<string>())).Count);
        await deployment.CheckLedgerAsync();
    }

    [Fact]
    public async Task A_wait_ends_by_itself_and_never_early()
    {
        var journey = await api.PublishAsync(Designs.TwoSteps("2s"));
        var userId = NewId();
        await api.SdkAsync($"/sdk/journeys/{journey}/enroll", new { userId });

        var reported = await ReportAsync(journey, userId, "one");
        await Eventually.Equal("two", async () => (await api.EnrollmentAsync(journey, userId))!["currentNodeId"]!.GetValue<string>(), "the node");

        var visits = await VisitsAsync(journey, reported["enrollment"]!["id"]!.GetValue<string>());
        var waited = Time(visits[3]) - Time(visits[2]);
        Assert.InRange(waited, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(30));
        await deployment.CheckLedgerAsync();
    }

    [Fact]
    public async Task A_visitor_keeps_the_position_when_identified()
    {
        var journey = await api.PublishAsync(Designs.TwoSteps("2s"));
        var (userId, anonymousId) = (NewId(), NewId());
        var entered = await api.SdkAsync($"/sdk/journeys/{journey}/enroll", new { anonymousId });
        await api.SdkAsync($"/sdk/journeys/{journey}/progress", new { anonymousId, nodeId = "one", outcome = "COMPLETED" });

        var identified = await api.SdkAsync("/sdk/identify", new { userId, anonymousId });

        Assert.True(identified["merged"]!.GetValue<bool>());
        Assert.Equal(entered["enrollment"]!["id"]!.GetValue<string>(), identified["journeys"]![0]!["enrollment"]!["id"]!.GetValue<string>());
        await Eventually.Equal("two", async () => (await api.EnrollmentAsync(journey, userId))!["currentNodeId"]!.GetValue<string>(), "the node");
        await deployment.CheckLedgerAsync();
    }

    [Fact]
    public async Task Racing_identify_calls_join_a_visitor_to_one_user_only()
    {
        var journey = await api.PublishAsync(Designs.TwoSteps("60s"));
        var anonymousId = NewId();
        await api.SdkAsync($"/sdk/journeys/{journey}/enroll", new { anonymousId });
        var users = Enumerable.Range(0, 8).Select(_ => NewId()).ToList();

        var answers = await Task.WhenAll(users.Select(userId => api.SdkAsync("/sdk/identify", new { userId, anonymousId })));

        Assert.Single(answers, answer => answer["merged"]!.GetValue<bool>());
        Assert.Equal(1, (await api.GetAsync($"/api/journeys/{journey}/enrollments"))["totalSize"]!.GetValue<int>());
        await deployment.CheckLedgerAsync();
    }

    [Fact]
    public async Task What_comes_during_a_pause_is_kept_and_applied_on_resume()
    {
        var journey = await api.PublishAsync(Designs.UntilPaid());
        var userId = NewId();
        await api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = new[] { userId } });
        await api.PostAsync($"/api/journeys/{journey}/pause", new { });

        await api.SdkAsync("/sdk/events", new { userId, events = new[] { new { id = NewId(), name = "paid" } } });
        var paused = await api.EnrollmentAsync(journey, userId);
        var refusal = await Assert.ThrowsAsync<HttpRequestException>(
            () => api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = new[] { NewId() } }));
        await api.PostAsync($"/api/journeys/{journey}/resume", new { });

        Assert.Equal("hold", paused!["currentNodeId"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.BadRequest, refusal.StatusCode);
        Assert.Contains("JOURNEY_PAUSED", refusal.Message, StringComparison.Ordinal);
        await Eventually.Equal("COMPLETED", async () => (await api.EnrollmentAsync(journey, userId))!["status"]!.GetValue<string>(), "the status");
        await deployment.CheckLedgerAsync();
    }

    [Fact]
    public async Task A_repeated_event_moves_nobody_twice()
    {
        var journey = await api.PublishAsync(Designs.UntilPaid());
        var userId = NewId();
        await api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = new[] { userId } });
        var e = new { id = NewId(), name = "paid" };

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => api.SdkAsync("/sdk/events", new { userId, events = new[] { e } })));

        Assert.Equal(1, answers.Sum(answer => answer["accepted"]!.GetValue<int>()));
        var enrollment = await api.EnrollmentAsync(journey, userId);
        Assert.Equal("COMPLETED", enrollment!["status"]!.GetValue<string>());
        Assert.Equal(3, (await VisitsAsync(journey, enrollment["id"]!.GetValue<string>())).Count);
        await deployment.CheckLedgerAsync();
    }

    [Fact]
    public async Task A_list_is_enrolled_by_a_job_and_an_archived_journey_archives_everybody()
    {
        var journey = await api.PublishAsync(Designs.UntilPaid());
        var list = (await api.PostAsync("/api/user-lists", new { name = NewId() }))["id"]!.GetValue<string>();
        await api.PostAsync($"/api/user-lists/{list}/members", new { add = Enumerable.Range(0, 1_200).Select(_ => NewId()) });

        var job = (await api.PostAsync($"/api/journeys/{journey}/enrollments", new { listId = list }))["job"]!["id"]!.GetValue<string>();
        await Eventually.Equal("COMPLETED", async () => (await api.GetAsync($"/api/jobs/{job}"))["status"]!.GetValue<string>(), "the job");
        var enrolled = await CountsAsync(journey);
        await api.PostAsync($"/api/journeys/{journey}/archive", new { });
        await Eventually.Equal(1_200, async () => (await CountsAsync(journey))["archived"]!.GetValue<int>(), "the archived");

        Assert.Equal(1_200, enrolled["active"]!.GetValue<int>());
        Assert.Equal(0, (await CountsAsync(journey))["active"]!.GetValue<int>());
        await deployment.CheckLedgerAsync();
    }

    [Fact]
    public async Task Whoever_matches_the_audience_is_enrolled_on_publish_and_whoever_comes_to_match_later()
    {
        var (before, after, never) = (NewId(), NewId(), NewId());
        var plan = NewId();
        await api.SdkAsync("/sdk/identify", new { userId = before, traits = new { plan } });
        await api.SdkAsync("/sdk/identify", new { userId = never, traits = new { plan = "other" } });
        var audience = (await api.PostAsync(
            "/api/audiences",
            new { name = NewId(), rule = new { condition = new { field = "traits.plan", @operator = "EQ", value = plan } } }))["id"]!.GetValue<string>();
        var design = Designs.UntilPaid();
        design["audienceId"] = audience;
        design["autoEnroll"] = true;

        var journey = await api.PublishAsync(design);
        await Eventually.Some(() => api.EnrollmentAsync(journey, before), "the sweep to enroll who matched");
        await api.SdkAsync("/sdk/identify", new { userId = after, traits = new { plan } });

        Assert.NotNull(await api.EnrollmentAsync(journey, after));
        Assert.Null(await api.EnrollmentAsync(journey, never));
        await deployment.CheckLedgerAsync();
    }

    Task<JsonNode> ReportAsync(string journey, string userId, string nodeId) =>
        api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId, nodeId, outcome = "COMPLETED" });

    async Task<JsonArray> VisitsAsync(string journey, string enrollment) =>
        (await api.GetAsync($"/api/journeys/{journey}/enrollments/{enrollment}/visits"))["visits"]!.AsArray();

    async Task<JsonNode> CountsAsync(string journey) => (await api.GetAsync($"/api/enrollment-counts?journeyIds={journey}"))["counts"]![0]!;

    static DateTimeOffset Time(JsonNode? visit) => DateTimeOffset.Parse(visit!["enterTime"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture);

    static string NewId() => Guid.NewGuid().ToString("N");
}
