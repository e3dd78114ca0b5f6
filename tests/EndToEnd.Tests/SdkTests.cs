using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Journeys.Testing;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>The SDK in real pages of another origin: loading, identity, delivery, steps that appear.</summary>
[Collection(Sdk.Collection)]
public sealed class SdkTests(Sdk sdk)
{
    static readonly JsonNode Hello = JsonNode.Parse("""{"title": "Hello"}""")!;

    readonly Api api = sdk.Api;

    [Fact]
    public async Task What_a_page_calls_before_the_script_has_come_counts_in_order()
    {
        await using var visitor = await sdk.VisitorAsync();
        var journey = await api.PublishAsync(Designs.Showing("ANNOUNCEMENT", Hello.DeepClone()));
        var userId = NewId();
        var mayCome = new TaskCompletionSource();
        await visitor.Context.RouteAsync("**/sdk.js", async route =>
        {
            await mayCome.Task;
            await route.ContinueAsync();
        });
        var page = await visitor.OpenAsync(new { });

        await page.EvaluateAsync("([user, journey]) => { DAP('identify', {userId: user}); window.entered = DAP('enroll', journey); }", new[] { userId, journey });
        mayCome.SetResult();

        Assert.True(await page.EvaluateAsync<bool>("entered.then(answer => answer.created)"));
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Hello" })).ToBeVisibleAsync();
        Assert.Equal("show", (await api.EnrollmentAsync(journey, userId))!["currentNodeId"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_page_in_which_nothing_is_configured_is_left_alone()
    {
        await using var visitor = await sdk.VisitorAsync();
        var asked = new List<string>();
        visitor.Context.Request += (_, request) => asked.Add(new Uri(request.Url).AbsolutePath);

        var page = await visitor.OpenAsync();
        await page.WaitForFunctionAsync("() => DAP.isLoaded");
        await page.GetByRole(AriaRole.Button).ClickAsync();
        await page.GetByRole(AriaRole.Link).ClickAsync();
        await page.WaitForFunctionAsync("() => DAP.isLoaded && location.pathname === '/more'");

        Assert.Equal(["/", "/more", "/sdk.js", "/shop.js"], asked.Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(0, await page.EvaluateAsync<int>("localStorage.length + sessionStorage.length + document.querySelectorAll('#dap-journeys').length"));
    }

    [Fact]
    public async Task A_visitor_keeps_the_place_when_identified_and_sees_the_next_step()
    {
        await using var visitor = await sdk.VisitorAsync();
        var journey = await api.PublishAsync(Designs.TwoSteps("1s"));
        var userId = NewId();
        var page = await visitor.OpenAsync(new { hands = "none" });

        var entered = await page.EvaluateAsync<string>("journey => DAP('enroll', journey).then(answer => answer.enrollment.id)", journey);
        await Visitor.SeenAsync(page, "step one");
        await page.EvaluateAsync("journey => DAP('progress', journey)", journey);
        var merged = await page.EvaluateAsync<bool>("user => DAP('identify', {userId: user}).then(answer => answer.merged)", userId);
        var seen = await Visitor.SeenAsync(page, "step two");

        Assert.True(merged);
        Assert.Equal(["start Two steps", "step one", "gone one", "done one COMPLETED 0", "step two"], seen);
        var enrollment = await api.EnrollmentAsync(journey, userId);
        Assert.Equal((entered, "two"), (enrollment!["id"]!.GetValue<string>(), enrollment["currentNodeId"]!.GetValue<string>()));
    }

    [Fact]
    public async Task After_logging_out_a_new_visitor_sees_nothing_of_the_user()
    {
        await using var visitor = await sdk.VisitorAsync();
        var journey = await api.PublishAsync(Designs.Showing("ANNOUNCEMENT", Hello.DeepClone()));
        var page = await visitor.OpenAsync(new { });
        await page.EvaluateAsync("([user, journey]) => { DAP('identify', {userId: user}); return DAP('enroll', journey); }", new[] { NewId(), journey });
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();

        await page.EvaluateAsync("DAP('reset')");
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        var created = await page.EvaluateAsync<bool>("journey => DAP('enroll', journey).then(answer => answer.created)", journey);

        Assert.True(created);
        Assert.Equal(2, (await api.GetAsync($"/api/journeys/{journey}/enrollments"))["totalSize"]!.GetValue<int>());
    }

    [Fact]
    public async Task Visits_and_clicks_let_people_in_by_trigger()
    {
        await using var visitor = await sdk.VisitorAsync();
        var path = $"/page-{NewId()}";
        var byVisit = await api.PublishAsync(Designs.Showing(
            "FLOW", new JsonObject(), JsonNode.Parse($$$"""{"urlMatch": {"matchType": "ENDS_WITH", "pattern": "{{{path}}}"}}""")));
        var byClick = await api.PublishAsync(Designs.Showing("FLOW", new JsonObject(), JsonNode.Parse("""{"elementClick": {"selector": "#buy"}}""")));
        var page = await visitor.OpenAsync(new { hands = "none" });

        await page.WaitForFunctionAsync("() => DAP.isLoaded");
        await page.EvaluateAsync("path => history.pushState(null, '', path)", path);
        await Eventually.Equal(1, () => CountAsync(byVisit), "the people who came by a visit");
        await page.GetByRole(AriaRole.Button).ClickAsync();
        await Eventually.Equal(1, () => CountAsync(byClick), "the people who came by a click");
        await api.PostAsync($"/api/journeys/{byClick}/archive", new { });

        Assert.Equal(2, await page.EvaluateAsync<int>("seen.filter(each => each.startsWith('start')).length"));
    }

    [Fact]
    public async Task With_auto_enrollment_off_nobody_is_let_in_but_by_call()
    {
        await using var visitor = await sdk.VisitorAsync();
        var name = NewId();
        var journey = await api.PublishAsync(Designs.Showing("FLOW", new JsonObject(), JsonNode.Parse($$$"""{"customEvent": {"eventName": "{{{name}}}"}}""")));
        var page = await visitor.OpenAsync(new { journeys = new { autoEnroll = false } });

        await page.EvaluateAsync("name => DAP('track', name)", name);
        await Eventually.Equal(1, () => sdk.EventsAsync(name), "the stored events");

        Assert.Equal(0, await CountAsync(journey));
        Assert.True(await page.EvaluateAsync<bool>("journey => DAP('enroll', journey).then(answer => answer.created)", journey));
    }

    [Fact]
    public async Task What_was_on_its_way_when_the_page_was_reloaded_arrives_once()
    {
        await using var visitor = await sdk.VisitorAsync();
        var name = NewId();
        var hangs = new TaskCompletionSource();
        await visitor.Context.RouteAsync("**/sdk/events", route =>
        {
            hangs.TrySetResult();
            return Task.CompletedTask;
        });
        var page = await visitor.OpenAsync(new { });

        await page.EvaluateAsync("name => DAP('track', name)", name);
        await hangs.Task;
        await visitor.Context.UnrouteAllAsync();
        await page.ReloadAsync();
        await Eventually.Equal(1, () => sdk.EventsAsync(name), "the stored events");
        await page.EvaluateAsync("name => DAP('track', name + '-last')", name);
        await Eventually.Equal(1, () => sdk.EventsAsync($"{name}-last"), "the events after it");

        await Eventually.Equal(0, () => KeptAsync(page), "what is kept");
        Assert.Equal(1, await sdk.EventsAsync(name));
    }

    [Fact]
    public async Task What_a_page_says_as_it_goes_away_arrives()
    {
        await using var visitor = await sdk.VisitorAsync();
        var name = NewId();
        var page = await visitor.OpenAsync(new { });
        await page.WaitForFunctionAsync("() => DAP.isLoaded");

        // In a turn of its own: the answer to a call that itself leaves the page may never come.
        await page.EvaluateAsync("name => setTimeout(() => { DAP('track', name); location.href = 'about:blank'; })", name);

        await Eventually.Equal(1, () => sdk.EventsAsync(name), "the stored events");
    }

    [Fact]
    public async Task What_happens_offline_arrives_when_the_network_is_back()
    {
        await using var visitor = await sdk.VisitorAsync();
        var journey = await api.PublishAsync(Designs.Showing("ANNOUNCEMENT", Hello.DeepClone()));
        var name = NewId();
        var page = await visitor.OpenAsync(new { });
        await page.WaitForFunctionAsync("() => DAP.isLoaded");
        await visitor.Context.SetOfflineAsync(true);

        await page.EvaluateAsync("([name, journey]) => { DAP('track', name); window.entered = DAP('enroll', journey); }", new[] { name, journey });
        await Eventually.True(async () => await KeptAsync(page) >= 2, "both calls to be kept");
        Assert.Equal(0, await sdk.EventsAsync(name));
        await visitor.Context.SetOfflineAsync(false);

        Assert.True(await page.EvaluateAsync<bool>("entered.then(answer => answer.created)"));
        Assert.Equal(1, await sdk.EventsAsync(name));
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_gateway_that_is_down_for_a_while_loses_nothing()
    {
        await using var visitor = await sdk.VisitorAsync();
        var name = NewId();
        var page = await visitor.OpenAsync(new { });
        await page.WaitForFunctionAsync("() => DAP.isLoaded");
        await sdk.Deployment.Gateway.KillAsync();
        try
        {
            await page.EvaluateAsync("name => DAP('track', name)", name);
            await Visitor.SeenAsync(page, "error UNREACHABLE");
        }
        finally
        {
            await sdk.Deployment.Gateway.StartAsync();
        }

        await Eventually.Equal(1, () => sdk.EventsAsync(name), "the stored events");
        await Eventually.Equal(0, () => KeptAsync(page), "what is kept");
    }

    [Fact]
    public async Task Two_tabs_agree_on_who_it_is_and_what_to_show()
    {
        await using var visitor = await sdk.VisitorAsync();
        var journey = await api.PublishAsync(Designs.Showing("ANNOUNCEMENT", Hello.DeepClone()));
        var first = await visitor.OpenAsync(new { });
        var second = await visitor.OpenAsync(new { });
        await second.WaitForFunctionAsync("() => DAP.isLoaded");

        await first.EvaluateAsync("([user, journey]) => { DAP('identify', {userId: user}); return DAP('enroll', journey); }", new[] { NewId(), journey });
        await Assertions.Expect(first.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await Assertions.Expect(second.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await second.GetByRole(AriaRole.Button, new() { Name = "OK" }).ClickAsync();
        await Assertions.Expect(second.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Assertions.Expect(first.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);

        // Each is told, but only the one where it was done of the step; who comes later of nothing.
        var seenFirst = await Visitor.SeenAsync(first, "complete", "gone show");
        var seenSecond = await Visitor.SeenAsync(second, "complete", "done show COMPLETED 0");
        Assert.Equal(["complete", "gone show", "start Showing", "step show"], seenFirst.Order(StringComparer.Ordinal));
        Assert.Equal(["complete", "done show COMPLETED 0", "gone show", "start Showing", "step show"], seenSecond.Order(StringComparer.Ordinal));
        var third = await visitor.OpenAsync(new { });
        await third.EvaluateAsync("DAP('identify', {})");
        Assert.Empty(await third.EvaluateAsync<string[]>("seen"));
        Assert.Equal(1, (await api.GetAsync($"/api/journeys/{journey}/enrollments"))["totalSize"]!.GetValue<int>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_step_appears_soon_after_its_wait_has_ended_with_or_without_a_stream(bool streams)
    {
        await using var visitor = await sdk.VisitorAsync();
        var journey = await api.PublishAsync(Designs.TwoSteps("3s"));
        if (!streams)
            await visitor.Context.RouteAsync("**/sdk/stream*", route => route.AbortAsync());
        var page = await visitor.OpenAsync(new { hands = "none" });
        await page.EvaluateAsync("journey => DAP('enroll', journey)", journey);

        // The wait begins somewhere between the call and its answer.
        var called = Stopwatch.StartNew();
        await page.EvaluateAsync("journey => DAP('progress', journey)", journey);
        var answered = Stopwatch.StartNew();
        await Visitor.SeenAsync(page, "step two");

        Assert.True(called.Elapsed.TotalSeconds > 2.9, $"It took {called.Elapsed}.");
        // Without being told when, the page would look a minute later.
        Assert.True(answered.Elapsed.TotalSeconds < 30, $"It took {answered.Elapsed}.");
    }

    [Fact]
    public async Task A_step_goes_away_while_its_journey_is_paused_and_comes_back_on_resume()
    {
        await using var visitor = await sdk.VisitorAsync();
        var journey = await api.PublishAsync(Designs.Showing("ANNOUNCEMENT", Hello.DeepClone()));
        var page = await visitor.OpenAsync(new { contentRefreshInterval = 1_000 });
        await page.EvaluateAsync("journey => DAP('enroll', journey)", journey);
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();

        await api.PostAsync($"/api/journeys/{journey}/pause", new { });
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await api.PostAsync($"/api/journeys/{journey}/resume", new { });

        await Assertions.Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_flow_is_handed_to_the_page_which_reports_how_it_went()
    {
        await using var visitor = await sdk.VisitorAsync();
        var journey = await api.PublishAsync(Designs.Showing("FLOW", JsonNode.Parse("""{"title": "Tour", "locales": {"en": {"title": "The tour"}}}""")!));
        var page = await visitor.OpenAsync(new { hands = "none" });
        await page.EvaluateAsync("journey => DAP('enroll', journey)", journey);
        await Visitor.SeenAsync(page, "step show");

        var title = await page.EvaluateAsync<string>("step.payload.title");
        await page.EvaluateAsync("step.skip()");
        var seen = await Visitor.SeenAsync(page, "done show SKIPPED 0", "complete");

        Assert.Equal("The tour", title);
        Assert.Equal(["complete", "done show SKIPPED 0", "gone show", "start Showing", "step show"], seen.Order(StringComparer.Ordinal));
        Assert.Equal(0, await page.Locator("#dap-journeys").CountAsync());
    }

    [Fact]
    public async Task Where_the_site_asks_for_signed_users_the_token_goes_everywhere()
    {
        const string secret = "the shop's own secret, 32 characters or more";
        await using var visitor = await sdk.VisitorAsync();
        var journey = await api.PublishAsync(Designs.TwoSteps("1s"));
        var userId = NewId();
        await sdk.ChangeSiteAsync(new { requireUserToken = true, userTokenKey = secret });
        try
        {
            var page = await visitor.OpenAsync(new { hands = "none" });
            var requests = new ConcurrentQueue<IRequest>();
            page.Request += (_, request) => requests.Enqueue(request);
            await page.EvaluateAsync("user => { DAP('identify', {userId: user, userToken: 'forged'}); }", userId);
            await Visitor.SeenAsync(page, "error USER_TOKEN_INVALID");

            var token = Sdk.UserToken(userId, secret);
            await page.EvaluateAsync("([user, token]) => DAP('identify', {userId: user, userToken: token})", new[] { userId, token });
            await page.EvaluateAsync("journey => DAP('enroll', journey)", journey);
            await page.EvaluateAsync("journey => DAP('progress', journey)", journey);
            await Visitor.SeenAsync(page, "step two");

            Assert.DoesNotContain(requests, request => request.Url.Contains(token, StringComparison.Ordinal));
            Assert.Contains(requests, request =>
                request.Url.Contains("/sdk/stream", StringComparison.Ordinal) && request.Headers.GetValueOrDefault("x-user-token") == token);
        }
        finally
        {
            await sdk.ChangeSiteAsync(new { requireUserToken = false });
        }
    }

    [Fact]
    public async Task A_visitor_whom_the_backend_joined_to_a_user_goes_on_as_somebody_new()
    {
        await using var visitor = await sdk.VisitorAsync();
        var (userId, name) = (NewId(), NewId());
        await sdk.ChangeSiteAsync(new { requireUserToken = true, userTokenKey = "the shop's own secret, 32 characters or more" });
        try
        {
            var page = await visitor.OpenAsync(new { hands = "none" });
            var before = await VisitorIdAsync(page);
            await api.PostAsync("/sdk/identify", new { userId, anonymousId = before });

            await page.EvaluateAsync("name => DAP('track', name)", name);

            await Eventually.Equal(1, () => sdk.EventsAsync(name), "stored events");
            Assert.NotEqual(before, await VisitorIdAsync(page));
            var user = await api.GetAsync($"/api/users/{userId}");
            Assert.DoesNotContain(name, user.ToJsonString(), StringComparison.Ordinal);
        }
        finally
        {
            await sdk.ChangeSiteAsync(new { requireUserToken = false });
        }
    }

    [Fact]
    public async Task Secrets_in_the_address_stay_in_the_browser()
    {
        await using var visitor = await sdk.VisitorAsync();
        var userId = NewId();
        var page = await visitor.OpenAsync(new { });
        await page.EvaluateAsync("user => DAP('identify', {userId: user})", userId);

        await page.EvaluateAsync("() => history.pushState(null, '', '/reset?plan=pro&token=opensesame#access_token=opensesame')");
        await page.EvaluateAsync("() => DAP('track', 'asked')");

        await Eventually.True(async () => (await api.GetAsync($"/api/users/{userId}")).ToJsonString().Contains("asked", StringComparison.Ordinal), "the event to arrive");
        var known = (await api.GetAsync($"/api/users/{userId}")).ToJsonString();
        Assert.Contains("/reset?plan=pro\"", known, StringComparison.Ordinal);
        Assert.DoesNotContain("opensesame", known, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_says_why_and_breaks_nothing()
    {
        await using var visitor = await sdk.VisitorAsync();
        var page = await visitor.OpenAsync(new { });

        var reason = await page.EvaluateAsync<string>("DAP('enroll', '01890a5d-ac96-774b-bcce-b302099a8057').catch(error => error.reason)");
        await page.EvaluateAsync("() => { DAP('enroll', 'nonsense'); DAP('dance'); }");
        var nodeId = await page.EvaluateAsync<string>("DAP('progress', '01890a5d-ac96-774b-bcce-b302099a8057', {}).catch(error => error.reason)");

        Assert.Equal(("JOURNEY_NOT_FOUND", "WRONG_CALL"), (reason, nodeId));
    }

    Task<int> CountAsync(string journey) => api.GetAsync($"/api/journeys/{journey}/enrollments").ContinueWith(answer => answer.Result["totalSize"]!.GetValue<int>(), TaskScheduler.Default);

    static Task<int> KeptAsync(IPage page) => page.EvaluateAsync<int>("Object.keys(localStorage).filter(key => key.includes('.q.')).length");

    static async Task<string> VisitorIdAsync(IPage page)
    {
        await page.WaitForFunctionAsync("() => Object.keys(localStorage).some(key => key.endsWith('.who'))");
        return await page.EvaluateAsync<string>("JSON.parse(localStorage[Object.keys(localStorage).find(key => key.endsWith('.who'))]).anonymousId");
    }

    static string NewId() => Guid.NewGuid().ToString("N");
}
