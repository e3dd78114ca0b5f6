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
}
