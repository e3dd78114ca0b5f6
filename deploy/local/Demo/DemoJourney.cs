using System.Text.Json.Nodes;

namespace Journeys.Local.Demo;

/// <summary>A journey with every kind of node, whose waits take seconds instead of days.</summary>
public static class DemoJourney
{
    /// <summary>The body of `POST /api/journeys`.</summary>
    public static JsonNode Body(string name) => JsonNode.Parse($$"""
        {
          "name": "{{name}}",
          "description": "Every kind of node, on a fast clock.",
          "allowAnonymous": true,
          "reEnrollment": "AFTER_EARLY_EXIT",
          "goal": { "rule": { "event": { "name": "paid", "atLeast": 1 } }, "deadline": "1209600s" },
          "graph": {
            "nodes": [
              { "id": "start", "name": "Signed up", "position": { "x": 0, "y": 0 }, "trigger": { "customEvent": { "eventName": "signed_up" } } },
              { "id": "tour", "name": "Welcome tour", "position": { "x": 300, "y": 0 },
                "content": { "contentType": "ANNOUNCEMENT", "contentId": "welcome", "expireAfter": "604800s",
                             "payload": { "title": "Welcome", "body": "Good to have you here.", "style": "modal", "primary": { "label": "Start" } } } },
              { "id": "rest", "name": "Let it sink in", "position": { "x": 600, "y": 0 }, "wait": { "duration": "2s" } },
              { "id": "hold", "name": "First project", "position": { "x": 900, "y": 0 },
                "waitForEvent": { "events": [ { "eventName": "project_created" } ], "timeout": "604800s" } },
              { "id": "plan", "name": "Which plan", "position": { "x": 1200, "y": 0 },
                "condition": { "branches": [ { "name": "pro", "rule": { "condition": { "field": "traits.plan", "operator": "EQ", "value": "pro" } } } ] } },
              { "id": "half", "name": "Two ways to ask", "position": { "x": 1500, "y": 160 },
                "split": { "variants": [ { "name": "a", "percent": 50 }, { "name": "b", "percent": 50 } ] } },
              { "id": "ask", "name": "How is it going", "position": { "x": 1800, "y": 0 },
                "content": { "contentType": "SURVEY", "contentId": "how", "payload": { "title": "How is it going?",
                             "questions": [ { "id": "rating", "type": "nps", "label": "Would you recommend us?" } ] } } },
              { "id": "paid", "name": "Paid", "position": { "x": 2100, "y": 0 }, "goalCheck": {} },
              { "id": "won", "name": "Customer", "position": { "x": 2400, "y": 0 }, "exit": { "outcome": "won" } },
              { "id": "lost", "name": "Lost", "position": { "x": 2400, "y": 240 }, "exit": { "outcome": "lost" } }
            ],
            "edges": [
              { "id": "e1", "source": "start", "target": "tour" },
              { "id": "e2", "source": "tour", "target": "rest" },
              { "id": "e3", "source": "tour", "target": "lost", "branch": "timeout" },
              { "id": "e4", "source": "rest", "target": "hold" },
              { "id": "e5", "source": "hold", "target": "plan", "branch": "event" },
              { "id": "e6", "source": "hold", "target": "lost", "branch": "timeout" },
              { "id": "e7", "source": "plan", "target": "ask", "branch": "pro" },
              { "id": "e8", "source": "plan", "target": "half", "branch": "else" },
              { "id": "e9", "source": "half", "target": "ask", "branch": "a" },
              { "id": "e10", "source": "half", "target": "ask", "branch": "b" },
              { "id": "e11", "source": "ask", "target": "paid" },
              { "id": "e12", "source": "paid", "target": "won", "branch": "success" },
              { "id": "e13", "source": "paid", "target": "lost", "branch": "fallback" }
            ]
          }
        }
        """)!;
}
