using System.Text.Json.Nodes;

namespace Journeys.Local.Demo;

/// <summary>Walks people through the demo journey and says what happens; every step is checked.</summary>
public sealed class DemoWalk(DemoApi api, TextWriter output)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly string run = Guid.NewGuid().ToString("N")[..6];
    bool isGood = true;

    /// <summary>True when every step came out as expected.</summary>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        var journey = await api.PostAsync("/api/journeys", DemoJourney.Body("New user onboarding"), ct);
        var id = Text(journey, "id");
        await output.WriteLineAsync($"a journey with {journey["counts"]?["nodes"]} nodes and {journey["counts"]?["edges"]} edges: {id}");
        Expect("it is published as version 1", await Field(api.PostAsync($"/api/journeys/{id}/publish", new { }, ct), "version"), "1");

        var (ada, ben, visitor) = ($"ada-{run}", $"ben-{run}", $"visitor-{run}");
        await api.SdkAsync("/sdk/identify", new { userId = ada, traits = new { plan = "pro", name = "Ada" } }, ct);
        var enrolled = await api.PostAsync($"/api/journeys/{id}/enrollments", new { userIds = new[] { ada, ben } }, ct);
        Expect("two users are enrolled by the API", string.Join(",", enrolled["results"]!.AsArray().Select(result => Text(result!, "created"))), "true,true");

        var anonymous = await api.SdkAsync($"/sdk/journeys/{id}/enroll", new { anonymousId = visitor }, ct);
        Expect("a visitor enters and sees the welcome", Text(anonymous, "step", "contentId"), "welcome");
        Expect(
            "entering again changes nothing",
            await Field(api.SdkAsync($"/sdk/journeys/{id}/enroll", new { anonymousId = visitor }, ct), "created"), "false");
        Expect(
            "the visitor finishes the welcome",
            await Field(api.SdkAsync($"/sdk/journeys/{id}/progress", new { anonymousId = visitor, nodeId = "tour", outcome = "COMPLETED" }, ct), "enrollment", "currentNodeId"),
            "rest");

        var cleo = $"cleo-{run}";
        var identified = await api.SdkAsync("/sdk/identify", new { userId = cleo, anonymousId = visitor, traits = new { name = "Cleo" } }, ct);
        Expect("the visitor turns out to be Cleo and keeps the position", Text(identified["journeys"]?[0]!, "enrollment", "id"), Text(anonymous, "enrollment", "id"));

        await WalkAdaAsync(id, ada, ct);
        await ExpectSoon("Cleo's wait is over", id, cleo, "currentNodeId", "hold", ct);
        await WalkPausedAsync(id, cleo, ct);

        await api.SdkAsync($"/sdk/journeys/{id}/progress", new { userId = ben, nodeId = "tour", outcome = "DISMISSED" }, ct);
        await ExpectSoon("Ben, who dismissed the welcome, waits for his first project", id, ben, "currentNodeId", "hold", ct);
        await PrintAsync(id, ct);
        return isGood;
    }

    async Task WalkAdaAsync(string id, string ada, CancellationToken ct)
    {
        await api.SdkAsync($"/sdk/journeys/{id}/progress", new { userId = ada, nodeId = "tour", outcome = "COMPLETED" }, ct);
        await ExpectSoon("Ada's two seconds of rest are over", id, ada, "currentNodeId", "hold", ct);
        await api.SdkAsync("/sdk/events", new { userId = ada, events = new[] { new { id = $"{ada}-1", name = "project_created" } } }, ct);
        await ExpectSoon("her first project moves her on, by the branch for pro", id, ada, "currentNodeId", "ask", ct);
        await api.SdkAsync("/sdk/events", new { userId = ada, events = new[] { new { id = $"{ada}-2", name = "paid" } } }, ct);
        await api.SdkAsync($"/sdk/journeys/{id}/progress", new { userId = ada, nodeId = "ask", outcome = "COMPLETED", data = new { rating = 9 } }, ct);
        await ExpectSoon("she has paid, so she completes the journey as won", id, ada, "outcome", "won", ct);
    }

    async Task WalkPausedAsync(string id, string cleo, CancellationToken ct)
    {
        Expect("the journey is paused", await Field(api.PostAsync($"/api/journeys/{id}/pause", new { }, ct), "status"), "PAUSED");
        await api.SdkAsync("/sdk/events", new { userId = cleo, events = new[] { new { id = $"{cleo}-1", name = "project_created" } } }, ct);
        Expect("Cleo's first project is kept meanwhile", Text(await OfUserAsync(id, cleo, ct), "currentNodeId"), "hold");
        Expect("the journey goes on", await Field(api.PostAsync($"/api/journeys/{id}/resume", new { }, ct), "status"), "PUBLISHED");
        await ExpectSoon("and so does Cleo, through the split", id, cleo, "currentNodeId", "ask", ct);
        await api.SdkAsync($"/sdk/journeys/{id}/progress", new { userId = cleo, nodeId = "ask", outcome = "SKIPPED" }, ct);
        await ExpectSoon("who has not paid, so the journey ends as lost", id, cleo, "outcome", "lost", ct);
    }

    async Task PrintAsync(string id, CancellationToken ct)
    {
        await output.WriteLineAsync();
        await output.WriteLineAsync($"{"who",-16} {"status",-10} {"at",-8} {"waits until",-22} {"outcome",-8}");
        var listed = await api.GetAsync($"/api/journeys/{id}/enrollments", ct);
        foreach (var row in listed["enrollments"]!.AsArray())
        {
            await output.WriteLineAsync(
                $"{Text(row!, "userId"),-16} {Text(row!, "status"),-10} {Text(row!, "currentNodeId"),-8} {Text(row!, "wakeTime"),-22} {Text(row!, "outcome"),-8}");
        }

        await output.WriteLineAsync();
    }

    async Task ExpectSoon(string what, string id, string userId, string field, string expected, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var found = "";
        try
        {
            do
                found = Text(await OfUserAsync(id, userId, limit.Token), field);
            while (found != expected && await look.WaitForNextTickAsync(limit.Token));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Said below, with what was found instead.
        }

        Expect(what, found, expected);
    }

    async Task<JsonNode> OfUserAsync(string id, string userId, CancellationToken ct) =>
        (await api.GetAsync($"/api/journeys/{id}/enrollments?userId={Uri.EscapeDataString(userId)}", ct))["enrollments"]?[0] ?? new JsonObject();

    void Expect(string what, string found, string expected)
    {
        var holds = found == expected;
        isGood &= holds;
        output.WriteLine(holds ? $"  ok    {what}" : $"  WRONG {what}: expected {expected}, found {found}");
    }

    static async Task<string> Field(Task<JsonNode> answer, params string[] path) => Text(await answer, path);

    static string Text(JsonNode node, params string[] path)
    {
        JsonNode? at = node;
        foreach (var key in path)
            at = at?[key];
        return at?.ToString() ?? "";
    }
}
