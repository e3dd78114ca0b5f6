using System.Text.Json.Nodes;

namespace Journeys.Chaos.People;

/// <summary>The journeys that people walk. Every wait ends within half a minute, so that soon after the faults all of them are over.</summary>
static class Designs
{
    /// <summary>How long each wait of <see cref="Naps"/> is.</summary>
    public static IReadOnlyList<int> NapSeconds { get; } = [1, 2, 3, 1, 5, 2, 1, 4];

    /// <summary>The first content of <see cref="TwoSteps"/> and <see cref="Trial"/>, which nobody leaves by waiting.</summary>
    public const string First = "one";

    /// <summary>What the exit rules of <see cref="Trial"/> let people out for.</summary>
    public const string Quit = "quit";

    /// <summary>The node of a wait of <see cref="Naps"/>.</summary>
    public static string Nap(int number) => $"nap{number}";

    /// <summary>Every kind of node, time-outs, two triggers, and a way back to the beginning.</summary>
    /// <param name="isLonger">As its second version: with one more wait.</param>
    public static JsonObject Tour(bool isLonger)
    {
        var design = Parse("""
            { "name": "Tour", "allowAnonymous": true, "reEnrollment": "ALWAYS", "goal": {"rule": {"event": {"name": "paid", "atLeast": 1}}}, "graph": {
              "nodes": [
                {"id": "start", "trigger": {"manual": {}}}, {"id": "came", "trigger": {"customEvent": {"eventName": "came"}}},
                {"id": "hello", "content": {"contentType": "FLOW", "contentId": "hello", "expireAfter": "25s"}},
                {"id": "rest", "wait": {"duration": "2s"}}, {"id": "longer", "wait": {"duration": "1s"}},
                {"id": "hold", "waitForEvent": {"events": [{"eventName": "made"}], "timeout": "4s"}},
                {"id": "plan", "condition": {"branches": [{"name": "pro", "rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}}]}},
                {"id": "half", "split": {"variants": [{"name": "a", "percent": 50}, {"name": "b", "percent": 50}]}},
                {"id": "paid", "goalCheck": {}},
                {"id": "again", "content": {"contentType": "SURVEY", "contentId": "again", "expireAfter": "25s"}},
                {"id": "won", "exit": {"outcome": "won"}}, {"id": "lost", "exit": {"outcome": "lost"}} ],
              "edges": [
                {"id": "e1", "source": "start", "target": "hello"}, {"id": "e2", "source": "came", "target": "hello"},
                {"id": "e3", "source": "hello", "target": "rest"}, {"id": "e4", "source": "hello", "target": "lost", "branch": "timeout"},
                {"id": "e5", "source": "rest", "target": "longer"}, {"id": "e6", "source": "longer", "target": "hold"},
                {"id": "e7", "source": "hold", "target": "plan", "branch": "event"}, {"id": "e8", "source": "hold", "target": "lost", "branch": "timeout"},
                {"id": "e9", "source": "plan", "target": "half", "branch": "pro"}, {"id": "e10", "source": "plan", "target": "paid", "branch": "else"},
                {"id": "e11", "source": "half", "target": "paid", "branch": "a"}, {"id": "e12", "source": "half", "target": "again", "branch": "b"},
                {"id": "e13", "source": "paid", "target": "won", "branch": "success"}, {"id": "e14", "source": "paid", "target": "again", "branch": "fallback"},
                {"id": "e15", "source": "again", "target": "hello"}, {"id": "e16", "source": "again", "target": "lost", "branch": "timeout"} ] } }
            """);
        if (!isLonger)
        {
            var graph = design["graph"]!;
            graph["nodes"]!.AsArray().RemoveAll(node => (string)node!["id"]! == "longer");
            graph["edges"]!.AsArray().RemoveAll(edge => (string)edge!["id"]! == "e6");
            graph["edges"]!.AsArray().Single(edge => (string)edge!["id"]! == "e5")!["target"] = "hold";
        }

        return design;
    }

    /// <summary>Content, a wait, content, the end.</summary>
    /// <param name="audience">Whoever belongs to it enters automatically; empty for nobody.</param>
    public static JsonObject TwoSteps(string audience)
    {
        var design = Parse("""
            { "name": "Two steps", "reEnrollment": "AFTER_EARLY_EXIT", "graph": {
              "nodes": [
                {"id": "start", "trigger": {"manual": {}}}, {"id": "one", "content": {"contentType": "FLOW", "contentId": "one"}},
                {"id": "rest", "wait": {"duration": "3s"}}, {"id": "two", "content": {"contentType": "FLOW", "contentId": "two", "expireAfter": "20s"}},
                {"id": "end", "exit": {"outcome": "done"}}, {"id": "late", "exit": {"outcome": "late"}} ],
              "edges": [
                {"id": "e1", "source": "start", "target": "one"}, {"id": "e2", "source": "one", "target": "rest"}, {"id": "e3", "source": "rest", "target": "two"},
                {"id": "e4", "source": "two", "target": "end"}, {"id": "e5", "source": "two", "target": "late", "branch": "timeout"} ] } }
            """);
        design["audienceId"] = audience;
        design["autoEnroll"] = audience.Length > 0;
        return design;
    }

    /// <summary>The same with exit rules: by an event, and by a trait.</summary>
    public static JsonObject Trial()
    {
        var design = TwoSteps("");
        design["name"] = "Trial";
        design["exits"] = new JsonArray(
            Parse("""{"name": "done", "event": {"eventName": "quit"}}"""),
            Parse("""{"name": "gone", "rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "quit"}}}"""));
        return design;
    }

    /// <summary>Waits and nothing else, for people who come by the hundred.</summary>
    public static JsonObject Naps()
    {
        var (nodes, edges) = (new JsonArray(Parse("""{"id": "start", "trigger": {"manual": {}}}""")), new JsonArray());
        foreach (var (number, seconds) in NapSeconds.Index())
        {
            nodes.Add(new JsonObject { ["id"] = Nap(number), ["wait"] = new JsonObject { ["duration"] = $"{seconds}s" } });
            edges.Add(new JsonObject { ["id"] = $"e{number}", ["source"] = number == 0 ? "start" : Nap(number - 1), ["target"] = Nap(number) });
        }

        nodes.Add(Parse("""{"id": "end", "exit": {"outcome": "rested"}}"""));
        edges.Add(new JsonObject { ["id"] = "last", ["source"] = Nap(NapSeconds.Count - 1), ["target"] = "end" });
        return new JsonObject { ["name"] = "Naps", ["graph"] = new JsonObject { ["nodes"] = nodes, ["edges"] = edges } };
    }

    static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
