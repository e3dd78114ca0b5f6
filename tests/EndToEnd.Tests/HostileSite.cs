using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Journeys.Gateways.Routing;

namespace Journeys.EndToEnd.Tests;

/// <summary>A site of its own with one of everything, and both doors to it: REST, and native gRPC byte by byte.</summary>
public sealed class HostileSite(Deployment deployment) : IAsyncLifetime, IDisposable
{
    const string Nothing = "01890a5d-ac96-774b-bcce-b302099a8057";

    static readonly Version Http2 = HttpVersion.Version20;

    readonly HttpClient rest = new(new DescribedAnswers()) { Timeout = TimeSpan.FromSeconds(30) };
    readonly HttpClient native = new() { Timeout = TimeSpan.FromSeconds(30) };
    readonly Dictionary<string, string> ids = [];
    string key = "";
    string session = "";

    /// <summary>The journey that calls name.</summary>
    public string JourneyId => ids["journeys"];

    /// <summary>The site.</summary>
    public string SiteId => ids["sites"];

    public async Task InitializeAsync()
    {
        var session = await OkAsync("POST", "/api/session", new { email = "admin@example.com", password = "correct horse battery staple" }, key: null);
        key = this.session = session["token"]!.GetValue<string>();
        ids["sites"] = (await OkAsync("POST", "/api/sites", new { name = "Hostile" }))["id"]!.GetValue<string>();
        key = (await OkAsync("POST", $"/api/sites/{ids["sites"]}/keys", new { kind = "SECRET", name = "hostile", role = "ADMIN" }))["secret"]!.GetValue<string>();
        ids["journeys"] = (await OkAsync("POST", "/api/journeys", Designs.TwoSteps("600s")))["id"]!.GetValue<string>();
        await OkAsync("POST", $"/api/journeys/{ids["journeys"]}/publish", new { });
        ids["audiences"] = (await OkAsync("POST", "/api/audiences", new { name = "all", rule = new { @event = new { name = "e" } } }))["id"]!.GetValue<string>();
        ids["user-lists"] = (await OkAsync("POST", "/api/user-lists", new { name = "list" }))["id"]!.GetValue<string>();
        var enrolled = await OkAsync("POST", $"/api/journeys/{ids["journeys"]}/enrollments", JsonNode.Parse("""{"userIds":["ada"]}"""));
        ids["enrollments"] = enrolled["results"]![0]!["enrollment"]!["id"]!.GetValue<string>();
        var simulation = JsonNode.Parse("""{"request":{"population":{"invented":{"people":1}}}}""");
        ids["stops"] = (await OkAsync("POST", $"/api/journeys/{ids["journeys"]}/stops", JsonNode.Parse(Body("CreateStop"))))["id"]!.GetValue<string>();
        var simulations = $"/api/journeys/{ids["journeys"]}/simulations";
        ids["simulations"] = (await OkAsync("POST", simulations, simulation))["id"]!.GetValue<string>();
        await Journeys.Testing.Eventually.Equal(
            "COMPLETED", async () => (await OkAsync("GET", $"{simulations}/{ids["simulations"]}", null))["status"]!.GetValue<string>(), "the simulation");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        rest.Dispose();
        native.Dispose();
    }

    /// <summary>A request that the call would accept, as one document: what stands in path, query and body.</summary>
    /// <remarks>What would take away the key or the things that the other calls need is about nothing.</remarks>
    public JsonObject Document(CallRoute route)
    {
        var spares = route.Verb == "DELETE" || route.Rpc.Method.Name is "ArchiveJourney" or "StopEnrollment" or "UpdateSite" or "UpdateMember";
        var document = (JsonObject?)JsonNode.Parse(Body(route.Rpc.Method.Name)) ?? [];
        var segments = route.Path.Split('/');
        foreach (var variable in route.Variables)
        {
            document[variable.Field.JsonName] = variable.Field.Name switch
            {
                _ when variable.NamesSite => ids["sites"],
                "version" => 1,
                "index" => 0,
                "user_id" => spares ? "nobody" : "ada",
                "journey_id" => ids["journeys"],
                _ when spares => Nothing,
                "enrollment_id" => ids["enrollments"],
                "stop_id" => ids["stops"],
                _ => ids.GetValueOrDefault(segments[variable.Segment - 1], Nothing),
            };
        }

        return document;
    }

    /// <summary>Calls by REST; a stream is left as soon as it has begun.</summary>
    public Task<(int Status, string Text)> RestAsync(CallRoute route, string target, string? body) => RestAsync(route.Verb, target, body, KeyFor(route));

    /// <inheritdoc cref="RestAsync(CallRoute, string, string?)"/>
    public Task<(int Status, string Text)> RestAsync(string verb, string target, string? body) => RestAsync(verb, target, body, key);

    Task<(int Status, string Text)> RestAsync(string verb, string target, string? body, string key) =>
        RepeatAsync(() => RestOnceAsync(verb, target, body, key), status => status is 503 or 504);

    // A machine that stood still for some seconds says once that it is too late; what always does is a fault.
    static async Task<(int Status, string Text)> RepeatAsync(Func<Task<(int Status, string Text)>> call, Func<int, bool> isLate)
    {
        var answer = await call();
        for (var tries = 1; isLate(answer.Status) && tries < 3; tries++)
            answer = await call();
        return answer;
    }

    async Task<(int Status, string Text)> RestOnceAsync(string verb, string target, string? body, string key)
    {
        // Kept as it is written: a Uri would tidy it up.
        var address = new Uri(deployment.Gateway.Address.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(new HttpMethod(verb), address);
        request.Headers.Authorization = new("Bearer", key);
        if (body is not null)
            request.Content = new StringContent(body, new MediaTypeHeaderValue("application/json"));

        using var response = await rest.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        return ((int)response.StatusCode, isStream ? "" : await response.Content.ReadAsStringAsync());
    }

    /// <summary>Calls natively with these bytes as the message; gives `grpc-status` and `grpc-message`.</summary>
    public Task<(int Status, string Text)> NativeAsync(CallRoute route, byte[] message) =>
        RepeatAsync(() => NativeOnceAsync(route, message), status => status is 4 or 14);

    async Task<(int Status, string Text)> NativeOnceAsync(CallRoute route, byte[] message)
    {
        var frame = new byte[message.Length + 5];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame, 5);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(deployment.GrpcAddress, route.Rpc.Path))
        {
            Version = Http2,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Headers.Authorization = new("Bearer", KeyFor(route));

        using var response = await native.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (response.Headers.Contains("grpc-status"))
            return StatusOf(response.Headers);
        if (route.Rpc.Streams)
            return (0, "a stream");
        await response.Content.CopyToAsync(Stream.Null);
        return StatusOf(response.TrailingHeaders);
    }

    public async Task<JsonNode> OkAsync(string verb, string path, object? body) => await OkAsync(verb, path, body, key);

    async Task<JsonNode> OkAsync(string verb, string path, object? body, string? key)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), new Uri(deployment.Gateway.Address, path)) { Content = body is null ? null : JsonContent.Create(body) };
        if (key is not null)
            request.Headers.Add("Authorization", $"Bearer {key}");
        using var response = await rest.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return response.StatusCode == HttpStatusCode.OK ? JsonNode.Parse(text)! : throw new HttpRequestException($"{verb} {path} answered {(int)response.StatusCode}: {text}");
    }

    // Keys have no account.
    string KeyFor(CallRoute route) => route.Rpc.Method.Name is "CreateSite" or "UpdateAccount" ? session : key;

    static (int Status, string Text) StatusOf(HttpResponseHeaders headers) =>
        (int.Parse(headers.GetValues("grpc-status").Single(), System.Globalization.CultureInfo.InvariantCulture),
            Uri.UnescapeDataString(headers.TryGetValues("grpc-message", out var words) ? words.First() : ""));

    string Body(string rpc) => rpc switch
    {
        "CreateJourney" => """{"name":"n","graph":{}}""",
        "CreateAudience" => $$"""{"rule":{"event":{"name":"e"} },"name":"{{Guid.NewGuid()}}"}""",
        "PreviewAudience" or "PreviewEnrollment" => """{"rule":{"event":{"name":"e"}}}""",
        "ImportJourney" => """{"document":{"format":"journeys/1","design":{"name":"n","graph":{}}}}""",
        "CreateUserList" => $$"""{"name":"{{Guid.NewGuid()}}"}""",
        "CreateKey" => """{"kind":"SECRET","name":"n"}""",
        "CreateSite" or "UpdateAccount" => """{"name":"n"}""",
        "CreateMember" => $$"""{"email":"{{Guid.NewGuid():N}}@example.com","role":"VIEWER"}""",
        "ChangeMembers" => """{"add":["ada"]}""",
        "EnrollUsers" or "FindUnknownUsers" => """{"userIds":["ada"]}""",
        "PreviewStop" => """{"selection":{"nodeIds":["nowhere"]}}""",
        "CreateStop" => """{"selection":{"nodeIds":["nowhere"]},"reason":"r"}""",
        "CreateSimulation" => """{"request":{"population":{"invented":{"people":1}}}}""",
        "ExplainUser" or "ListPositions" or "Watch" or "Identify" or "Enroll" or "Stop" => """{"userId":"ada"}""",
        "RecordEvents" => """{"userId":"ada","events":[{"name":"e"}]}""",
        "ReportProgress" => """{"userId":"ada","nodeId":"one"}""",
        "ReportShown" => """{"userId":"ada","nodeId":"one","visitNo":2}""",
        "ListResponses" or "SummarizeResponses" => """{"nodeId":"one"}""",
        "CountEnrollments" => $$"""{"journeyIds":["{{ids["journeys"]}}"]}""",
        _ => "{}",
    };
}
