using System.Text.Json.Nodes;

namespace Journeys.Local.Demo;

/// <summary>The onboarding of Sprig, the made-up product at `/demo`; its wait takes seconds instead of days.</summary>
public static class SprigJourney
{
    public const string Name = "Sprig onboarding";

    /// <summary>The body of `POST /api/journeys`.</summary>
    public static JsonNode Body() => JsonNode.Parse("""
        {
          "name": "Sprig onboarding",
          "description": "What new gardeners of the demo site at /demo go through.",
          "goal": { "rule": { "event": { "name": "upgraded", "atLeast": 1 } }, "deadline": "1209600s" },
          "graph": {
            "nodes": [
              { "id": "start", "name": "Garden created", "position": { "x": 0, "y": 0 }, "trigger": { "customEvent": { "eventName": "garden_created" } } },
              { "id": "welcome", "name": "Welcome", "position": { "x": 240, "y": 0 },
                "content": { "contentType": "ANNOUNCEMENT", "contentId": "sprig_welcome", "payload": {
                  "title": "Welcome to Sprig", "body": "Your garden is ready. Shall we plant something together? It takes a minute.",
                  "primary": { "label": "Let's plant" }, "secondary": { "label": "I'll look round myself" } } } },
              { "id": "first", "name": "First bed", "position": { "x": 480, "y": 0 },
                "content": { "contentType": "TOOLTIP", "contentId": "sprig_first_bed", "payload": {
                  "selector": "#add-bed", "title": "It begins with a bed", "body": "Give it a name and say what grows there.", "primary": { "label": "Got it" } } } },
              { "id": "tasks", "name": "Three tasks", "position": { "x": 720, "y": 80 },
                "content": { "contentType": "TASK_LIST", "contentId": "sprig_tasks", "payload": {
                  "title": "Get growing", "body": "Three small things, and your garden takes care of itself.", "tasks": [
                    { "id": "bed", "label": "Plant your first bed", "event": "bed_added" },
                    { "id": "calendar", "label": "See what to sow when", "url": "calendar.html", "event": "calendar_opened" },
                    { "id": "water", "label": "Fill the watering can", "body": "Tick this one yourself." } ] } } },
              { "id": "rest", "name": "Two days, or five seconds here", "position": { "x": 960, "y": 80 }, "wait": { "duration": "5s" } },
              { "id": "frost", "name": "Frost warnings", "position": { "x": 1200, "y": 80 },
                "content": { "contentType": "BEACON", "contentId": "sprig_frost", "payload": {
                  "selector": "#nav-calendar", "title": "New: frost warnings", "body": "The calendar now tells you when a night gets too cold for seedlings.",
                  "primary": { "label": "Good to know" } } } },
              { "id": "ask", "name": "How is it going", "position": { "x": 1440, "y": 80 },
                "content": { "contentType": "SURVEY", "contentId": "sprig_how", "payload": {
                  "title": "How do you like Sprig?", "secondary": { "label": "Not now" }, "submit": { "label": "Send" }, "questions": [
                    { "id": "score", "type": "nps", "label": "Would you tell a neighbour about it?", "required": true, "lowLabel": "Rather not", "highLabel": "Certainly" },
                    { "id": "why", "type": "text", "label": "What should we grow next?", "placeholder": "A word is enough" } ] } } },
              { "id": "plan", "name": "On Pro already?", "position": { "x": 1680, "y": 80 },
                "condition": { "branches": [ { "name": "pro", "rule": { "condition": { "field": "traits.plan", "operator": "EQ", "value": "pro" } } } ] } },
              { "id": "offer", "name": "Offer", "position": { "x": 1920, "y": 160 },
                "content": { "contentType": "ANNOUNCEMENT", "contentId": "sprig_offer", "payload": {
                  "style": "banner", "position": "bottom", "title": "Let Pro do the watering", "body": "A plan that follows the weather, for 4 € a month.",
                  "primary": { "label": "See Pro", "url": "upgrade.html" }, "secondary": { "label": "Later" } } } },
              { "id": "hold", "name": "Upgrade", "position": { "x": 2160, "y": 160 }, "waitForEvent": { "events": [ { "eventName": "upgraded" } ], "timeout": "604800s" } },
              { "id": "thanks", "name": "Thank you", "position": { "x": 2400, "y": 0 },
                "content": { "contentType": "ANNOUNCEMENT", "contentId": "sprig_thanks", "payload": {
                  "title": "You are a Pro gardener now", "body": "The watering plan is on. That was the whole journey: eleven steps, kept on the server, whatever you close or reload.",
                  "primary": { "label": "Done" } } } },
              { "id": "won", "name": "Pro gardener", "position": { "x": 2640, "y": 0 }, "exit": { "outcome": "pro" } },
              { "id": "lost", "name": "Stays on Free", "position": { "x": 2400, "y": 260 }, "exit": { "outcome": "free" } }
            ],
            "edges": [
              { "id": "e1", "source": "start", "target": "welcome" },
              { "id": "e2", "source": "welcome", "target": "first" },
              { "id": "e3", "source": "welcome", "target": "tasks", "branch": "skipped" },
              { "id": "e4", "source": "first", "target": "tasks" },
              { "id": "e5", "source": "tasks", "target": "rest" },
              { "id": "e6", "source": "rest", "target": "frost" },
              { "id": "e7", "source": "frost", "target": "ask" },
              { "id": "e8", "source": "ask", "target": "plan" },
              { "id": "e9", "source": "plan", "target": "thanks", "branch": "pro" },
              { "id": "e10", "source": "plan", "target": "offer", "branch": "else" },
              { "id": "e11", "source": "offer", "target": "hold" },
              { "id": "e12", "source": "hold", "target": "thanks", "branch": "event" },
              { "id": "e13", "source": "hold", "target": "lost", "branch": "timeout" },
              { "id": "e14", "source": "thanks", "target": "won" }
            ]
          }
        }
        """)!;
}
