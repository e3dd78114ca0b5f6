using System.Diagnostics;
using Google.Protobuf;
using Journeys.PopulationSimulation;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Simulation.V1;

namespace Journeys.Benchmarks;

/// <summary>How long it takes to try a journey out on many people.</summary>
static class SimulateBenchmark
{
    const string Design = """
        { "name": "Onboarding", "reEnrollment": "AFTER_EARLY_EXIT", "goal": {"rule": {"event": {"name": "paid", "atLeast": 1}}},
          "exits": [{"name": "gone", "event": {"eventName": "cancelled"}}],
          "graph": { "nodes": [
            {"id": "start", "trigger": {"customEvent": {"eventName": "signed_up"}}},
            {"id": "tour", "content": {"contentType": "FLOW", "contentId": "flow_tour", "expireAfter": "604800s"}},
            {"id": "nine", "wait": {"localTime": {"time": "09:00", "weekdays": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]}}},
            {"id": "ask", "content": {"contentType": "SURVEY", "contentId": "survey", "expireAfter": "259200s"}},
            {"id": "hold", "waitForEvent": {"events": [{"eventName": "project_created"}], "timeout": "604800s"}},
            {"id": "plan", "condition": {"branches": [{"name": "pro", "rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}},
              {"name": "happy", "rule": {"condition": {"field": "journey.ask.rating", "operator": "GTE", "value": 4}}}]}},
            {"id": "half", "split": {"variants": [{"name": "a", "percent": 50}, {"name": "b", "percent": 50}]}},
            {"id": "rest", "wait": {"duration": "259200s"}},
            {"id": "more", "content": {"contentType": "TOOLTIP", "contentId": "more", "expireAfter": "604800s"}},
            {"id": "paid", "goalCheck": {}},
            {"id": "won", "exit": {"outcome": "won"}}, {"id": "lost", "exit": {"outcome": "lost"}} ],
          "edges": [
            {"id": "e1", "source": "start", "target": "tour"}, {"id": "e2", "source": "tour", "target": "nine"},
            {"id": "e3", "source": "tour", "target": "lost", "branch": "timeout"}, {"id": "e4", "source": "nine", "target": "ask"},
            {"id": "e5", "source": "ask", "target": "hold"}, {"id": "e6", "source": "ask", "target": "hold", "branch": "timeout"},
            {"id": "e7", "source": "hold", "target": "plan", "branch": "event"}, {"id": "e8", "source": "hold", "target": "half", "branch": "timeout"},
            {"id": "e9", "source": "plan", "target": "rest", "branch": "pro"}, {"id": "e10", "source": "plan", "target": "half", "branch": "happy"},
            {"id": "e11", "source": "plan", "target": "half", "branch": "else"}, {"id": "e12", "source": "half", "target": "rest", "branch": "a"},
            {"id": "e13", "source": "half", "target": "more", "branch": "b"}, {"id": "e14", "source": "rest", "target": "more"},
            {"id": "e15", "source": "more", "target": "paid"}, {"id": "e16", "source": "more", "target": "paid", "branch": "timeout"},
            {"id": "e17", "source": "paid", "target": "won", "branch": "success"}, {"id": "e18", "source": "paid", "target": "lost", "branch": "fallback"} ] } }
        """;

    const string Request = """
        { "startTime": "2026-03-02T00:00:00Z",
          "population": {"invented": {
            "traits": [{"path": "plan", "oneOf": {"values": [{"value": "free", "weight": 3}, {"value": "pro", "weight": 1}]}}],
            "zones": [{"value": "Europe/Berlin", "weight": 1}, {"value": "America/New_York", "weight": 1}, {"value": "Asia/Tokyo", "weight": 1}] }},
          "behavior": {
            "contents": [{"nodeId": "ask", "data": [{"path": "rating", "number": {"from": "1", "until": "5"}}]}],
            "activities": [{"eventName": "signed_up", "every": "864000s"}, {"eventName": "project_created", "every": "432000s"},
              {"eventName": "page", "dailyAt": "10:00", "jitter": {"exponentialMean": "7200s"}},
              {"eventName": "paid", "after": {"nodeId": "more", "perMille": 300, "latency": {"lognormal": {"median": "86400s"}}}},
              {"eventName": "cancelled", "after": {"entry": true, "perMille": 50, "latency": {"exponentialMean": "864000s"}}}] } }
        """;

    public static void Run(Figures figures, int people, int days)
    {
        var request = JsonParser.Default.Parse<SimulationRequest>(Request);
        request.Population.Invented.People = people;
        request.Horizon = new() { Seconds = days * 86_400L };
        var input = new SimulationInput(Guid.Empty, JsonParser.Default.Parse<Design>(Design), [], request, DateTimeOffset.UnixEpoch);
        if (SimulationCheck.FaultsOf(input) is { } unfit)
            throw new InvalidOperationException(string.Join(", ", unfit.Problems));

        using var process = Process.GetCurrentProcess();
        var (watch, before) = (Stopwatch.StartNew(), process.TotalProcessorTime);
        var result = Simulator.Run(input, Environment.ProcessorCount);
        process.Refresh();
        var took = watch.Elapsed.TotalSeconds;
        var what = $"{people} people x {days} days on {Environment.ProcessorCount} threads";
        figures.Add(what, took, "s", "<= 10 s");
        figures.Add($"{what}, processor time", (process.TotalProcessorTime - before).TotalSeconds, "s");
        figures.Add($"{what}, peak RSS", process.PeakWorkingSet64 / 1_048_576.0, "MB", "<= 600 MB");
        figures.Add("people", people / took, "/s");
        figures.Add("visits", result.Report.Design.Nodes.Sum(node => node.Arrived), "");
        Console.WriteLine($"report {result.Digest}");
    }
}
