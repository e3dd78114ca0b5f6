using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Journeys.Benchmarks;

/// <summary>Browsers report finished content through the gateway, each report a step that is committed.</summary>
static class ProgressBenchmark
{
    // Until the runtime has compiled what is hot: after half of that its compiler still takes up to a quarter of a core.
    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(int connections, TimeSpan duration)
    {
        await using var deployment = await MeasuredDeployment.StartAsync();
        var journey = await deployment.Api.PublishAsync(Circle());
        var took = new ConcurrentBag<double>();

        async Task WalkAsync(string userId, TimeSpan limit, bool counts)
        {
            var answer = await deployment.Api.SdkAsync($"/sdk/journeys/{journey}/enroll", new { userId });
            var total = Stopwatch.StartNew();
            while (total.Elapsed < limit)
            {
                var one = Stopwatch.StartNew();
                // As the SDK reports: the visit that was shown.
                var (nodeId, visitNo) = ((string)answer["step"]!["nodeId"]!, (int)answer["step"]!["visitNo"]!);
                answer = await deployment.Api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId, nodeId, visitNo, outcome = "COMPLETED" });
                if (!answer["applied"]!.GetValue<bool>())
                    throw new InvalidOperationException($"A report was not applied: {answer}");
                if (counts)
                    took.Add(one.Elapsed.TotalMilliseconds);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, connections).Select(n => WalkAsync($"warm-{n}", WarmUp, counts: false)));
        var cpu = new CpuMeter(deployment.Processes);
        await Task.WhenAll(Enumerable.Range(0, connections).Select(n => WalkAsync($"user-{n}", duration, counts: true)));

        var sorted = took.Order().ToArray();
        Console.WriteLine(FormattableString.Invariant(
            $"{connections} connections: {sorted.Length / duration.TotalSeconds:0} requests/s, p50 {sorted[sorted.Length / 2]:0.0} ms, p99 {sorted[sorted.Length * 99 / 100]:0.0} ms"));
        Console.WriteLine($"ms of processor time a request: {cpu.PerStep(sorted.Length)}");
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
