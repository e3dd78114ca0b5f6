
namespace Journeys.Enrollments.Tests;

/// <summary>Journeys for tests, as the public JSON.</summary>
public static class Designs
{
    /// <summary>
    /// A journey from its nodes in a row: each leads to the next by its default branch, or by `event` from a wait for one.
    /// `more` adds settings, each followed by a comma.
    /// </summary>
    public static string Row(string more, params string[] nodes) => Graph(
        more, nodes, [.. nodes.Zip(nodes.Skip(1)).Select(pair => (IdOf(pair.First), pair.First.Contains("waitForEvent") ? "event" : "", IdOf(pair.Second)))]);

    /// <summary>A journey from its nodes and edges.</summary>
    public static string Graph(string more, string[] nodes, (string Source, string Branch, string Target)[] edges) => $$"""
        { {{more}} "name": "Test", "graph": { "nodes": [ {{string.Join(", ", nodes)}} ], "edges": [ {{string.Join(", ", edges.Select((edge, i) => $$"""
        {"id": "e{{i}}", "source": "{{edge.Source}}", "branch": "{{edge.Branch}}", "target": "{{edge.Target}}"}
        """))}} ] } }
        """;

    public const string Start = """{"id": "start", "trigger": {"manual": {}}}""";

    public const string End = """{"id": "end", "exit": {"outcome": "done"}}""";

    public static string Content(string id) => $$$"""{"id": "{{{id}}}", "content": {"contentType": "FLOW", "contentId": "flow_{{{id}}}"}}""";

    public static string Wait(string id, string duration) => $$$"""{"id": "{{{id}}}", "wait": {"duration": "{{{duration}}}"}}""";

    public static string Hold(string id, string eventName) => $$$"""{"id": "{{{id}}}", "waitForEvent": {"events": [{"eventName": "{{{eventName}}}"}]}}""";

    static string IdOf(string node) => System.Text.Json.JsonDocument.Parse(node).RootElement.GetProperty("id").GetString()!;
}
