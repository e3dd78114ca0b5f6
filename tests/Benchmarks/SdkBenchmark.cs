using System.Text.Json.Nodes;
using Journeys.EndToEnd.Tests;

namespace Journeys.Benchmarks;

/// <summary>What a page asks of the SDK's routes, through the gateway: each call alone, and a page view, which is three of them.</summary>
static class SdkBenchmark
{
    const int People = 2_000;
    const int EventsInCall = 10;

    // Half of what the report of finished content takes: each kind of call finds the rest compiled by those before it.
    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(Figures figures, int connections, TimeSpan duration)
    {
        await using var deployment = await MeasuredDeployment.StartAsync(figures);
        var api = deployment.Api;
        var journey = await api.PublishAsync(ProgressBenchmark.Circle());
        await api.PublishAsync(StartedByEvent());
        // Whoever asks is inside a journey, as most who ask again are.
        foreach (var some in Enumerable.Range(0, People).Chunk(1_000))
            await api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = some.Select(UserId) });

        var fresh = 0;
        await MeasureAsync("GET /sdk/journeys", () => PositionsAsync(api, Anybody()));
        await MeasureAsync("POST /sdk/identify", () => IdentifyAsync(api, Anybody()));
        await MeasureAsync($"POST /sdk/events, {EventsInCall} events", () => EventsAsync(api, Anybody()));
        await MeasureAsync("POST /sdk/journeys/{id}/enroll, new", () => api.SdkAsync($"/sdk/journeys/{journey}/enroll", new { userId = $"new-{Interlocked.Increment(ref fresh)}" }));
        await MeasureAsync("page view: identify, journeys, events", async () =>
        {
            var userId = Anybody();
            await IdentifyAsync(api, userId);
            await PositionsAsync(api, userId);
            await EventsAsync(api, userId);
        }, aim: "< 1 ms");

        async Task MeasureAsync(string what, Func<Task> call, string aim = "")
        {
            await new Load(connections).RunAsync(WarmUp, _ => Task.FromResult(call));
            var cpu = new CpuMeter(deployment.Processes);
            var load = new Load(connections);
            await load.RunAsync(duration, _ => Task.FromResult(call));
            var took = load.Took;
            figures.Add(what, took, duration);
            figures.Add($"{what}, processor time", cpu, took.Length, ("together", aim));
        }
    }

    public static string UserId(int number) => $"user-{number}";

    public static string Anybody() => UserId(Random.Shared.Next(People));

    public static Task<JsonNode> PositionsAsync(Api api, string userId) => api.SdkGetAsync($"/sdk/journeys?userId={userId}");

    public static Task<JsonNode> IdentifyAsync(Api api, string userId) =>
        api.SdkAsync("/sdk/identify", new { userId, traits = new { plan = "pro" }, context = new { timeZone = "Europe/Berlin", locale = "de" } });

    public static Task<JsonNode> EventsAsync(Api api, string userId) => api.SdkAsync(
        "/sdk/events", new { userId, events = Enumerable.Range(0, EventsInCall).Select(n => new { id = $"{Guid.NewGuid()}", name = $"clicked_{n}", properties = new { button = "save", times = n } }) });

    // A journey that some event starts is on most sites, and makes each event a question.
    static JsonNode StartedByEvent() => JsonNode.Parse("""
        { "name": "Started by an event", "graph": {
            "nodes": [ {"id": "start", "trigger": {"customEvent": {"eventName": "signed_up"}}}, {"id": "one", "content": {"contentType": "FLOW", "contentId": "one"}},
                       {"id": "end", "exit": {"outcome": "done"}} ],
            "edges": [ {"id": "e1", "source": "start", "target": "one"}, {"id": "e2", "source": "one", "target": "end"} ] } }
        """)!;
}
