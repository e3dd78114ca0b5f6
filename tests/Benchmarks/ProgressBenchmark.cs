using System.Text.Json.Nodes;
using Journeys.EndToEnd.Tests;

namespace Journeys.Benchmarks;

/// <summary>Browsers report finished content through the gateway, each report a step that is committed.</summary>
static class ProgressBenchmark
{
    // Until the runtime has compiled what is hot: after half of that its compiler still takes up to a quarter of a core.
    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(Figures figures, int connections, TimeSpan duration)
    {
        await using var deployment = await MeasuredDeployment.StartAsync(figures);
        var journey = await deployment.Api.PublishAsync(Circle());

        await new Load(connections).RunAsync(WarmUp, number => WalkAsync(deployment.Api, journey, $"warm-{number}"));
        var cpu = new CpuMeter(deployment.Processes);
        var load = new Load(connections);
        await load.RunAsync(duration, number => WalkAsync(deployment.Api, journey, $"user-{number}"));

        var took = load.Took;
        figures.Add($"progress, {connections} connections", took, duration, connections switch { 16 => ">= 2,500 /s", 64 => ">= 4,000 /s", _ => "" }, "<= 30 ms");
        figures.Add("processor time a call", cpu, took.Length, ("PostgreSQL", "<= 0.2 ms"));
    }

    /// <summary>Lets a person in, and returns what reports their next content as finished.</summary>
    public static async Task<Func<Task>> WalkAsync(Api api, string journey, string userId)
    {
        var answer = await api.SdkAsync($"/sdk/journeys/{journey}/enroll", new { userId });
        return async () =>
        {
            // As the SDK reports: the visit that was shown.
            var (nodeId, visitNo) = ((string)answer["step"]!["nodeId"]!, (int)answer["step"]!["visitNo"]!);
            answer = await api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId, nodeId, visitNo, outcome = "COMPLETED" });
            if (!answer["applied"]!.GetValue<bool>())
                throw new InvalidOperationException($"A report was not applied: {answer}");
        };
    }

    /// <summary>Content after content, without end.</summary>
    public static JsonNode Circle() => JsonNode.Parse("""
        { "name": "Circle", "graph": {
            "nodes": [ {"id": "start", "trigger": {"manual": {}}}, {"id": "one", "content": {"contentType": "FLOW", "contentId": "one"}},
                       {"id": "two", "content": {"contentType": "FLOW", "contentId": "two"}}, {"id": "end", "exit": {"outcome": "done"}} ],
            "edges": [ {"id": "e1", "source": "start", "target": "one"}, {"id": "e2", "source": "one", "target": "two"},
                       {"id": "e3", "source": "two", "target": "one"}, {"id": "e4", "source": "one", "target": "end", "branch": "skipped"} ] } }
        """)!;
}
