using System.Text.Json.Nodes;

namespace Journeys.EndToEnd.Tests;

/// <summary>Journeys for tests.</summary>
public static class Designs
{
    /// <summary>start, content one, a wait, content two, exit.</summary>
    public static JsonNode TwoSteps(string wait) => JsonNode.Parse($$$$"""
        { "name": "Two steps", "allowAnonymous": true, "graph": {
            "nodes": [
              {"id": "start", "trigger": {"manual": {}}},
              {"id": "one", "content": {"contentType": "FLOW", "contentId": "one"}},
              {"id": "rest", "wait": {"duration": "{{{{wait}}}}"}},
              {"id": "two", "content": {"contentType": "FLOW", "contentId": "two"}},
              {"id": "end", "exit": {"outcome": "done"}} ],
            "edges": [
              {"id": "e1", "source": "start", "target": "one"}, {"id": "e2", "source": "one", "target": "rest"},
              {"id": "e3", "source": "rest", "target": "two"}, {"id": "e4", "source": "two", "target": "end"} ] } }
        """)!;

    /// <summary>start, wait for the event `paid`, exit.</summary>
    public static JsonNode UntilPaid() => JsonNode.Parse("""
        { "name": "Until paid", "graph": {
            "nodes": [
              {"id": "start", "trigger": {"manual": {}}},
              {"id": "hold", "waitForEvent": {"events": [{"eventName": "paid"}]}},
              {"id": "end", "exit": {"outcome": "paid"}} ],
            "edges": [ {"id": "e1", "source": "start", "target": "hold"}, {"id": "e2", "source": "hold", "target": "end", "branch": "event"} ] } }
        """)!;

    /// <summary>start, one content, an exit for each way to finish it. What `trigger` is lets people in.</summary>
    public static JsonNode Showing(string contentType, JsonNode payload, JsonNode? trigger = null)
    {
        var design = JsonNode.Parse("""
            { "name": "Showing", "allowAnonymous": true, "graph": {
                "nodes": [
                  {"id": "start", "trigger": {"manual": {}}},
                  {"id": "show", "content": {"contentId": "shown"}},
                  {"id": "completed", "exit": {"outcome": "completed"}},
                  {"id": "dismissed", "exit": {"outcome": "dismissed"}},
                  {"id": "skipped", "exit": {"outcome": "skipped"}} ],
                "edges": [
                  {"id": "e1", "source": "start", "target": "show"},
                  {"id": "e2", "source": "show", "target": "completed"},
                  {"id": "e3", "source": "show", "target": "dismissed", "branch": "dismissed"},
                  {"id": "e4", "source": "show", "target": "skipped", "branch": "skipped"} ] } }
            """)!;
        var nodes = design["graph"]!["nodes"]!;
        nodes[0]!["trigger"] = trigger ?? nodes[0]!["trigger"]!.DeepClone();
        nodes[1]!["content"]!["contentType"] = contentType;
        nodes[1]!["content"]!["payload"] = payload;
        return design;
    }

    /// <summary>start, a survey whose outcomes share a branch, exit.</summary>
    public static JsonNode Sharing(JsonNode payload)
    {
        var design = JsonNode.Parse("""
            { "name": "Sharing", "allowAnonymous": true, "graph": {
                "nodes": [
                  {"id": "start", "trigger": {"manual": {}}},
                  {"id": "ask", "content": {"contentType": "SURVEY", "contentId": "ask"}},
                  {"id": "end", "exit": {"outcome": "done"}} ],
                "edges": [ {"id": "e1", "source": "start", "target": "ask"}, {"id": "e2", "source": "ask", "target": "end"} ] } }
            """)!;
        design["graph"]!["nodes"]![1]!["content"]!["payload"] = payload;
        return design;
    }

    /// <summary>As <see cref="Showing"/>, but a completed survey ends as `right` when its answers satisfy the rule.</summary>
    public static JsonNode Asking(JsonNode payload, JsonNode rule)
    {
        var design = Showing("SURVEY", payload);
        var graph = design["graph"]!;
        graph["nodes"]!.AsArray().Add(new JsonObject
        {
            ["id"] = "check",
            ["condition"] = new JsonObject { ["branches"] = new JsonArray(new JsonObject { ["name"] = "right", ["rule"] = rule }) },
        });
        graph["nodes"]!.AsArray().Add(JsonNode.Parse("""{"id": "right", "exit": {"outcome": "right"}}"""));
        graph["edges"]![1]!["target"] = "check";
        graph["edges"]!.AsArray().Add(JsonNode.Parse("""{"id": "e5", "source": "check", "target": "right", "branch": "right"}"""));
        graph["edges"]!.AsArray().Add(JsonNode.Parse("""{"id": "e6", "source": "check", "target": "completed", "branch": "else"}"""));
        return design;
    }
}
