using Google.Protobuf;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Simulation.V1;
using Report = Journeys.Protos.Simulation.V1.DesignReport.Types;

namespace Journeys.PopulationSimulation.Tests;

/// <summary>Short ways to things that tests need.</summary>
static class Make
{
    /// <summary>A Thursday, one month before clocks change in Europe.</summary>
    public static readonly DateTimeOffset Start = new(2026, 2, 26, 0, 0, 0, TimeSpan.Zero);

    public static readonly Guid JourneyId = Guid.Parse("018f0000-0000-7000-8000-000000000001");

    /// <summary>start -> the nodes in a row -> end. A wait for an event is left by `event`; further edges are given.</summary>
    public static Design Row(string[] nodes, string more = "", params string[] edges)
    {
        string[] all = ["""{"id": "start", "trigger": {"customEvent": {"eventName": "signed_up"}}}""", .. nodes, """{"id": "end", "exit": {"outcome": "done"}}"""];
        var ids = all.Select(node => System.Text.Json.JsonDocument.Parse(node).RootElement.GetProperty("id").GetString()!).ToList();
        var way = ids.Zip(ids.Skip(1)).Index().Select(pair => Edge(pair.Item.First, all[pair.Index].Contains("waitForEvent") ? "event" : "", pair.Item.Second));
        return Design(more, all, [.. way, .. edges]);
    }

    public static Design Design(string more, string[] nodes, string[] edges) => JsonParser.Default.Parse<Design>($$"""
        { {{more}} "name": "Test", "graph": { "nodes": [ {{string.Join(", ", nodes)}} ], "edges": [ {{string.Join(", ", edges)}} ] } }
        """);

    public static string Edge(string source, string branch, string target) =>
        $$"""{"id": "{{source}}-{{branch}}-{{target}}", "source": "{{source}}", "branch": "{{branch}}", "target": "{{target}}"}""";

    public static string Content(string id, string more = "") => $$$"""{"id": "{{{id}}}", "content": {"contentType": "FLOW", {{{more}}} "contentId": "flow_{{{id}}}"}}""";

    public static string Wait(string id, string duration) => $$$"""{"id": "{{{id}}}", "wait": {"duration": "{{{duration}}}"}}""";

    /// <summary>Everybody completes everything, ten seconds after it is shown, day and night.</summary>
    public const string Eager = """
        "sessions": {"perWeekHundredths": 70000, "from": "00:00", "until": "23:59", "length": {"fixed": "86400s"}},
        "contents": [{"outcomes": [{"outcome": "COMPLETED", "share": 10000}], "latency": {"fixed": "10s"}}]
        """;

    /// <summary>A request for ten people who come at once, in ten days, unless `more` says otherwise.</summary>
    public static SimulationRequest Request(string behavior = Eager, string more = "", int people = 10, string population = "") => JsonParser.Default.Parse<SimulationRequest>($$$"""
        { {{{more}}} {{{(more.Contains("\"entry\"") ? "" : "\"entry\": {\"allAtOnce\": {}},")}}} {{{(more.Contains("\"horizon\"") ? "" : "\"horizon\": \"864000s\",")}}}
          "behavior": { {{{behavior}}} }, "population": {"invented": { {{{population}}} "people": {{{people}}} }} }
        """);

    public static SimulationInput Input(Design design, SimulationRequest? request = null, Design? baseline = null, params JourneyDocument.Types.Audience[] audiences) =>
        new(JourneyId, design, audiences, request ?? Request(), Start, baseline);

    /// <summary>An audience by its rule.</summary>
    public static JourneyDocument.Types.Audience Audience(string id, string rule) =>
        new() { Id = id, Name = "Audience", Rule = JsonParser.Default.Parse<Protos.Rule.V1.Rule>(rule) };

    /// <summary>Runs what nothing is wrong with.</summary>
    public static SimulationResult Run(SimulationInput input, int threads = 1)
    {
        Assert.Equal([], SimulationCheck.FaultsOf(input)?.Problems ?? []);
        return Simulator.Run(input, threads);
    }

    public static DesignReport Report(Design design, SimulationRequest? request = null) => Run(Input(design, request)).Report.Design;

    /// <summary>The endings as `STATUS name: count`.</summary>
    public static string Endings(this DesignReport report) => string.Join(", ", report.Endings.Select(ending => $"{ending.Status} {ending.Name}: {ending.Count}"));

    public static Report.NodeReport Node(this DesignReport report, string id) => report.Nodes.Single(node => node.NodeId == id);

    /// <summary>The codes that were found, each with its node.</summary>
    public static IReadOnlyList<string> Codes(this DesignReport report) => [.. report.Findings.Select(finding => $"{finding.Code} {finding.NodeId}".Trim())];
}
