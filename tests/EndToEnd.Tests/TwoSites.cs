using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Journeys.Gateways.Routing;

namespace Journeys.EndToEnd.Tests;

/// <summary>A site with one of everything, a caller of every kind there, and an administrator of another site.</summary>
public sealed class TwoSites(Deployment deployment) : IAsyncLifetime, IDisposable
{
    /// <summary>Part of every name and id that people chose on the first site, and of nothing else.</summary>
    public const string Mark = "hidden";

    const string Password = "correct horse battery staple";
    const string UserId = $"{Mark}-user";

    static readonly object Simulation = new { request = new { population = new { invented = new { people = 1 } } } };

    // Nobody matches, so that everybody is there for what follows.
    static readonly object Stop = new { selection = new { nodeIds = new[] { "nowhere" } }, reason = Mark };

    readonly HttpClient http = new(new DescribedAnswers()) { BaseAddress = deployment.Gateway.Address, Timeout = TimeSpan.FromSeconds(15) };
    readonly Dictionary<string, string> ids = [];

    /// <summary>Who calls on the first site, by name: the value of the header Authorization, empty for nobody.</summary>
    public Dictionary<string, string> Callers { get; } = new() { ["nobody"] = "" };

    /// <summary>The secret key, role ADMIN, of the other site.</summary>
    public string OtherAdmin { get; private set; } = "";

    /// <summary>The publishable key of the other site.</summary>
    public string OtherPage { get; private set; } = "";

    public string SiteId => ids["site"];

    public async Task InitializeAsync()
    {
        ids["site"] = (await deployment.Api.GetAsync("/api/sites"))["sites"]![0]!["id"]!.GetValue<string>();
        await MakeCallersAsync();
        await MakeOneOfEverythingAsync();

        var other = await SendAsync("POST", "/api/sites", new { name = "Other", requireUserToken = false }, Callers["admin"]);
        OtherAdmin = await KeyAsync(other["id"]!.GetValue<string>(), new { kind = "SECRET", name = "other", role = "ADMIN" });
        OtherPage = await KeyAsync(other["id"]!.GetValue<string>(), new { kind = "PUBLISHABLE", name = "other" });
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => http.Dispose();

    /// <summary>The path of a route with ids of the first site, or with ids of nothing.</summary>
    public string Path(CallRoute route, bool ofNothing = false)
    {
        var segments = route.Path.Split('/');
        foreach (var variable in route.Variables)
        {
            segments[variable.Segment] = variable.Field.Name switch
            {
                _ when variable.NamesSite => SiteId,
                "version" => "1",
                "index" => "0",
                "user_id" => ofNothing ? "nobody-here" : UserId,
                _ when ofNothing => "01890a5d-ac96-774b-bcce-b302099a8057",
                "id" => ids[segments[variable.Segment - 1]],
                _ => ids[variable.Field.Name],
            };
        }

        return string.Join('/', segments) + route.Rpc.Method.Name switch
        {
            "CountEnrollments" => $"?journeyIds={ids["journeys"]}",
            "ExplainUser" or "ListPositions" or "Watch" => $"?userId={UserId}",
            "ListResponses" or "SummarizeResponses" => "?nodeId=one",
            "ListJobs" => $"?journeyId={ids["journeys"]}",
            "ListUsers" => $"?search={Mark}",
            _ => "",
        };
    }

    /// <summary>The key of what a variable of a route names on the first site.</summary>
    public async Task<string> KeyOfAsync(CallRoute route, PathVariable variable)
    {
        var kind = route.Path.Split('/')[variable.Segment - 1];
        return (await deployment.Api.GetAsync($"/api/{kind}/{ids[kind]}"))["key"]!.GetValue<string>();
    }

    /// <summary>A body with which the call would do something, were it allowed.</summary>
    public object? Body(CallRoute route) => !route.HasBody ? null : route.Rpc.Method.Name switch
    {
        "CreateJourney" => new { name = "mine", audienceId = ids["audiences"] },
        "CreateAudience" or "PreviewAudience" => new { name = "mine", rule = new { audience = new { audienceId = ids["audiences"] } } },
        "UpdateJourney" or "UpdateAudience" or "UpdateUserList" or "UpdateSite" or "UpdateMember" => new { name = "taken over" },
        "EnrollUsers" or "FindUnknownUsers" => new { userIds = new[] { "u1" } },
        "CreateSimulation" => Simulation,
        "PreviewEnrollment" => new { rule = new { @event = new { name = "paid" } } },
        "PreviewStop" => new { selection = new { all = true } },
        "CreateStop" => new { selection = new { all = true }, reason = "taken over" },
        "ChangeMembers" => new { add = new[] { "u1" } },
        "HaltSite" => new { reason = "taken over" },
        "CreateKey" => new { kind = "SECRET", name = "mine" },
        "CreateMember" => new { email = "thief@example.com", role = "ADMIN" },
        "Identify" or "Enroll" or "Stop" => new { userId = UserId },
        "RecordEvents" => new { userId = UserId, events = new[] { new { name = "paid" } } },
        "ReportShown" => new { userId = UserId, nodeId = "one", visitNo = 2 },
        "ReportProgress" => new { userId = UserId, nodeId = "one", outcome = "COMPLETED" },
        _ => new { },
    };

    /// <summary>Calls and reads the answer; of a stream only the beginning.</summary>
    public async Task<(int Status, string Text)> CallAsync(string verb, string path, object? body, string authorization, string? siteHeader = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), path);
        request.Content = body is null ? null : JsonContent.Create(body);
        if (authorization.Length > 0)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (siteHeader is not null)
            request.Headers.Add("X-Site-Id", siteHeader);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());

        var start = new byte[4096];
        var length = await (await response.Content.ReadAsStreamAsync()).ReadAsync(start);
        return ((int)response.StatusCode, Encoding.UTF8.GetString(start, 0, length));
    }

    /// <summary>Begins a session of the member with this role.</summary>
    public async Task<string> SignInAsync(string role) =>
        "Bearer " + (await SendAsync("POST", "/api/session", new { email = role == "admin" ? "admin@example.com" : $"{role}@example.com", password = Password }, ""))["token"]!.GetValue<string>();

    /// <summary>Makes a new member of the first site.</summary>
    public async Task<(string Id, string Bearer)> JoinAsync(string name, string role)
    {
        var invitation = new { email = $"{name}@example.com", role = role.ToUpperInvariant() };
        var invited = await SendAsync("POST", $"/api/sites/{SiteId}/members", invitation, Callers["admin"]);
        var token = invited["invitationLink"]!.GetValue<string>().Split('#')[1];
        var accepted = await SendAsync("POST", "/api/invitations/accept", new { token, name, password = Password }, "");
        return (Id(accepted["member"]!), $"Bearer {accepted["token"]!.GetValue<string>()}");
    }

    /// <summary>Everything on the first site that another site could have changed.</summary>
    public async Task<string> SnapshotAsync()
    {
        string[] paths =
        [
            $"/api/journeys/{ids["journeys"]}", $"/api/journeys/{ids["journeys"]}/enrollments", $"/api/audiences/{ids["audiences"]}", $"/api/user-lists/{ids["user-lists"]}",
            $"/api/user-lists/{ids["user-lists"]}/members", $"/api/users/{UserId}", $"/api/jobs/{ids["jobs"]}", $"/api/sites/{SiteId}", $"/api/sites/{SiteId}/members",
            $"/api/sites/{SiteId}/halt",
            $"/api/journeys/{ids["journeys"]}/simulations",
            $"/api/journeys/{ids["journeys"]}/stops",
        ];
        var parts = new List<string>();
        foreach (var path in paths)
        {
            var part = await deployment.Api.GetAsync(path);
            // Of a site, and written down some seconds after that event.
            part.AsObject().Remove("firstEventTime");
            parts.Add(part.ToJsonString());
        }

        return string.Join('\n', parts);
    }

    async Task MakeCallersAsync()
    {
        Callers["page"] = $"Bearer {Deployment.PublishableKey}";
        Callers["secret key"] = $"Bearer {Deployment.SecretKey}";
        Callers["admin"] = await SignInAsync("admin");
        foreach (var role in (string[])["viewer", "editor"])
        {
            (ids["members"], Callers[role]) = await JoinAsync(role, role);
            Callers[$"{role} key"] = await KeyAsync(SiteId, new { kind = "SECRET", name = role, role = role.ToUpperInvariant() });
        }

        ids["keys"] = (await SendAsync("GET", $"/api/sites/{SiteId}/keys", null, Callers["admin"]))["keys"]![0]!["id"]!.GetValue<string>();
    }

    async Task MakeOneOfEverythingAsync()
    {
        var api = deployment.Api;
        var design = Designs.TwoSteps("600s");
        design["name"] = $"{Mark} journey";
        ids["journeys"] = ids["journey_id"] = await api.PublishAsync(design);
        var rule = new { condition = new { field = "traits.plan", @operator = "EQ", value = Mark } };
        ids["audiences"] = Id(await api.PostAsync("/api/audiences", new { name = $"{Mark} audience", rule }));
        ids["user-lists"] = Id(await api.PostAsync("/api/user-lists", new { name = $"{Mark} list" }));
        await api.PostAsync($"/api/user-lists/{ids["user-lists"]}/members", new { add = new[] { UserId } });
        await api.SdkAsync("/sdk/identify", new { userId = UserId, traits = new { plan = Mark } });
        var enrolled = await api.PostAsync($"/api/journeys/{ids["journeys"]}/enrollments", new { userIds = new[] { UserId } });
        ids["enrollment_id"] = Id(enrolled["results"]![0]!["enrollment"]!);
        ids["jobs"] = Id((await api.PostAsync($"/api/journeys/{ids["journeys"]}/enrollments", new { listId = ids["user-lists"] }))["job"]!);
        await Journeys.Testing.Eventually.Equal("COMPLETED", async () => (await api.GetAsync($"/api/jobs/{ids["jobs"]}"))["status"]!.GetValue<string>(), "the job");
        ids["dead-letters"] = await MakeDeadLetterAsync();
        ids["stop_id"] = Id(await api.PostAsync($"/api/journeys/{ids["journeys"]}/stops", Stop));
        await Journeys.Testing.Eventually.Equal("COMPLETED", async () => (await api.GetAsync($"/api/jobs/{ids["stop_id"]}"))["status"]!.GetValue<string>(), "the stop");
        ids["simulations"] = Id(await api.PostAsync($"/api/journeys/{ids["journeys"]}/simulations", Simulation));
        await Journeys.Testing.Eventually.Equal(
            "COMPLETED", async () => (await api.GetAsync($"/api/journeys/{ids["journeys"]}/simulations/{ids["simulations"]}"))["status"]!.GetValue<string>(), "the simulation");
    }

    // Unreadable, so that it is one again whoever sends it back.
    async Task<string> MakeDeadLetterAsync()
    {
        await using var command = deployment.Database.CreateCommand(
            """
            insert into scheduler.failed_message (
                failed_message_id, queue, message_id, message_type, body, cause, error_type, error, tries, failures, site_ids, dead_at)
            values (
                gen_random_uuid(), 'scheduler.timers-requested', gen_random_uuid(), 'journeys.events.v1.TimersRequested', '\xffffff', 'UNREADABLE',
                'Google.Protobuf.InvalidProtocolBufferException', 'as the test wants it', 0, 1, array[$1], now())
            returning failed_message_id::text
            """);
        command.Parameters.Add(new() { Value = Guid.Parse(SiteId) });
        return (string)(await command.ExecuteScalarAsync())!;
    }

    static string Id(JsonNode node) => node["id"]!.GetValue<string>();

    async Task<string> KeyAsync(string siteId, object key) => "Bearer " + (await SendAsync("POST", $"/api/sites/{siteId}/keys", key, Callers["admin"]))["secret"]!.GetValue<string>();

    async Task<JsonNode> SendAsync(string verb, string path, object? body, string authorization)
    {
        var (status, text) = await CallAsync(verb, path, body, authorization);
        return status == 200 ? JsonNode.Parse(text)! : throw new InvalidOperationException($"{verb} {path} answered {status}: {text}");
    }
}
