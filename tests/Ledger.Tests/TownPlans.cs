namespace Journeys.Ledgers.Tests;

/// <summary>The journeys of the town, as the public JSON.</summary>
static class TownPlans
{
    /// <summary>Every kind of node, time-outs, and a way back to the beginning.</summary>
    public const string Tour = """
        { "allowAnonymous": true, "reEnrollment": "ALWAYS", "goal": {"rule": {"event": {"name": "paid", "atLeast": 1}}}, "graph": {
          "nodes": [
            {"id": "start", "trigger": {"manual": {}}},
            {"id": "hello", "content": {"contentType": "FLOW", "contentId": "hello", "expireAfter": "604800s"}},
            {"id": "rest", "wait": {"duration": "3600s"}},
            {"id": "hold", "waitForEvent": {"events": [{"eventName": "made"}], "timeout": "172800s"}},
            {"id": "plan", "condition": {"branches": [{"name": "pro", "rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}}]}},
            {"id": "half", "split": {"variants": [{"name": "a", "percent": 50}, {"name": "b", "percent": 50}]}},
            {"id": "paid", "goalCheck": {}},
            {"id": "again", "content": {"contentType": "SURVEY", "contentId": "again"}},
            {"id": "won", "exit": {"outcome": "won"}},
            {"id": "lost", "exit": {"outcome": "lost"}} ],
          "edges": [
            {"id": "e1", "source": "start", "target": "hello"},
            {"id": "e2", "source": "hello", "target": "rest"}, {"id": "e3", "source": "hello", "target": "lost", "branch": "timeout"},
            {"id": "e4", "source": "rest", "target": "hold"},
            {"id": "e5", "source": "hold", "target": "plan", "branch": "event"}, {"id": "e6", "source": "hold", "target": "lost", "branch": "timeout"},
            {"id": "e7", "source": "plan", "target": "half", "branch": "pro"}, {"id": "e8", "source": "plan", "target": "paid", "branch": "else"},
            {"id": "e9", "source": "half", "target": "paid", "branch": "a"}, {"id": "e10", "source": "half", "target": "paid", "branch": "b"},
            {"id": "e11", "source": "paid", "target": "won", "branch": "success"}, {"id": "e12", "source": "paid", "target": "again", "branch": "fallback"},
            {"id": "e13", "source": "again", "target": "hello"} ] } }
        """;

    /// <summary>Content that people leave early, in two ways.</summary>
    public const string Leaving = """
        { "exits": [
            {"name": "Bought", "event": {"eventName": "bought"}, "outcome": "bought"},
            {"name": "Left us", "rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "none"}}} ],
          "graph": {
            "nodes": [
              {"id": "start", "trigger": {"manual": {}}}, {"id": "hello", "content": {"contentType": "FLOW", "contentId": "hello"}},
              {"id": "end", "exit": {"outcome": "done"}} ],
            "edges": [ {"id": "e1", "source": "start", "target": "hello"}, {"id": "e2", "source": "hello", "target": "end"} ] } }
        """;

    /// <summary>A wait for a date, and content that never expires.</summary>
    public const string Dates = """
        { "allowAnonymous": true, "graph": {
          "nodes": [
            {"id": "start", "trigger": {"manual": {}}}, {"id": "past", "wait": {"date": "2026-01-01T00:00:00Z"}},
            {"id": "june", "wait": {"date": "2026-06-01T00:00:00Z"}}, {"id": "end", "exit": {"outcome": "done"}} ],
          "edges": [
            {"id": "e1", "source": "start", "target": "past"}, {"id": "e2", "source": "past", "target": "june"}, {"id": "e3", "source": "june", "target": "end"} ] } }
        """;

    /// <summary>Content, half an hour, the end.</summary>
    public const string Short = """
        { "graph": {
          "nodes": [
            {"id": "start", "trigger": {"manual": {}}}, {"id": "hello", "content": {"contentType": "FLOW", "contentId": "hello"}},
            {"id": "rest", "wait": {"duration": "1800s"}}, {"id": "end", "exit": {"outcome": "done"}} ],
          "edges": [
            {"id": "e1", "source": "start", "target": "hello"}, {"id": "e2", "source": "hello", "target": "rest"}, {"id": "e3", "source": "rest", "target": "end"} ] } }
        """;

    /// <summary>Who has a plan.</summary>
    public const string Pros = """{ "rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}} }""";
}
