using Google.Protobuf.WellKnownTypes;
using Journeys.Protos.Definition.V1;
using Operator = Journeys.Protos.Rule.V1.Rule.Types.Condition.Types.Operator;

namespace Journeys.Simulations;

/// <summary>The journeys that people walk, as the public JSON.</summary>
static class Plans
{
    /// <summary>Every kind of node, time-outs, and a way back to the beginning.</summary>
    public const string Tour = """
        { "name": "Tour", "allowAnonymous": true, "reEnrollment": "ALWAYS",
          "goal": {"rule": {"event": {"name": "paid", "atLeast": 1}}}, "graph": {
          "nodes": [
            {"id": "start", "trigger": {"manual": {}}},
            {"id": "hello", "content": {"contentType": "FLOW", "contentId": "hello", "expireAfter": "604800s"}},
            {"id": "rest", "wait": {"duration": "600s"}},
            {"id": "hold", "waitForEvent": {"events": [{"eventName": "made"}], "timeout": "7200s"}},
            {"id": "plan", "condition": {"branches": [
              {"name": "pro", "rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}}]}},
            {"id": "half", "split": {"variants": [{"name": "a", "percent": 50}, {"name": "b", "percent": 50}]}},
            {"id": "paid", "goalCheck": {}},
            {"id": "again", "content": {"contentType": "SURVEY", "contentId": "again"}},
            {"id": "won", "exit": {"outcome": "won"}},
            {"id": "lost", "exit": {"outcome": "lost"}} ],
          "edges": [
            {"id": "e1", "source": "start", "target": "hello"},
            {"id": "e2", "source": "hello", "target": "rest"},
            {"id": "e3", "source": "hello", "target": "lost", "branch": "timeout"},
            {"id": "e4", "source": "rest", "target": "hold"},
            {"id": "e5", "source": "hold", "target": "plan", "branch": "event"},
            {"id": "e6", "source": "hold", "target": "lost", "branch": "timeout"},
            {"id": "e7", "source": "plan", "target": "half", "branch": "pro"},
            {"id": "e8", "source": "plan", "target": "paid", "branch": "else"},
            {"id": "e9", "source": "half", "target": "paid", "branch": "a"},
            {"id": "e10", "source": "half", "target": "paid", "branch": "b"},
            {"id": "e11", "source": "paid", "target": "won", "branch": "success"},
            {"id": "e12", "source": "paid", "target": "again", "branch": "fallback"},
            {"id": "e13", "source": "again", "target": "hello"} ] } }
        """;

    /// <summary>Waits one after the other behind a trigger, so that machinery alone moves people.</summary>
    public const string Lesson = """
        { "name": "Lesson", "reEnrollment": "AFTER_EARLY_EXIT", "graph": {
          "nodes": [
            {"id": "start", "trigger": {"customEvent": {"eventName": "signed_up"}}},
            {"id": "one", "wait": {"duration": "60s"}},
            {"id": "quiz", "content": {"contentType": "SURVEY", "contentId": "quiz", "expireAfter": "300s"}},
            {"id": "two", "wait": {"duration": "90s"}},
            {"id": "end", "exit": {"outcome": "done"}} ],
          "edges": [
            {"id": "e1", "source": "start", "target": "one"},
            {"id": "e2", "source": "one", "target": "quiz"},
            {"id": "e3", "source": "quiz", "target": "two"},
            {"id": "e4", "source": "quiz", "target": "two", "branch": "timeout"},
            {"id": "e5", "source": "two", "target": "end"} ] } }
        """;

    /// <summary>Lets in whoever belongs to an audience, and out whoever is gone.</summary>
    public const string Club = """
        { "name": "Club", "autoEnroll": true, "graph": {
          "nodes": [
            {"id": "start", "trigger": {"manual": {}}},
            {"id": "card", "content": {"contentType": "FLOW", "contentId": "card", "expireAfter": "900s"}},
            {"id": "rest", "wait": {"duration": "120s"}},
            {"id": "end", "exit": {"outcome": "member"}} ],
          "edges": [
            {"id": "e1", "source": "start", "target": "card"},
            {"id": "e2", "source": "card", "target": "rest"},
            {"id": "e3", "source": "card", "target": "rest", "branch": "timeout"},
            {"id": "e4", "source": "rest", "target": "end"} ] },
          "exits": [
            {"name": "gone", "rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "gone"}}} ] }
        """;

    /// <summary>An audience of people whose trait `plan` has one of these values. Its name lists them, for <see cref="LeftBehind"/>.</summary>
    public static CreateAudienceRequest Audience(params string[] plans) => new()
    {
        Name = string.Join(',', plans),
        Rule = new()
        {
            Condition = new()
            {
                Field = "traits.plan",
                Operator = Operator.In,
                Value = Value.ForList([.. plans.Select(Value.ForString)]),
            },
        },
    };
}
