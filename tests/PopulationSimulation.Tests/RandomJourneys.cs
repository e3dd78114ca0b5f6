using System.Globalization;
using Google.Protobuf;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation.Tests;

/// <summary>Journeys with people for them, each by its number: all kinds of nodes, goals, exit rules, audiences, ways to come back.</summary>
public sealed class RandomJourneys(int number)
{
    public const string AudienceId = "018f0000-0000-7000-8000-0000000000a1";
    static readonly ulong Stream = Luck.Stream("random journey");

    // In place of a source of chance that would be another one with another framework.
    readonly Luck luck = new(0x5eed, number);
    int drawn;

    public static readonly DateTimeOffset Start = new(2026, 3, 20, 7, 30, 0, TimeSpan.Zero);

    /// <summary>The audience of the site, which some journeys use.</summary>
    public JourneyDocument.Types.Audience Audience { get; private set; } = null!;

    public (Design Design, SimulationRequest Request) Make(int people)
    {
        Audience = new()
        {
            Id = AudienceId,
            Name = "Some",
            Rule = JsonParser.Default.Parse<Protos.Rule.V1.Rule>(OneOf(
                """{"condition": {"field": "traits.size", "operator": "GTE", "value": 3}}""",
                """{"condition": {"field": "traits.x", "operator": "EXISTS"}}""",
                """{"content": {"contentId": "c1"}}""",
                """{"event": {"name": "go", "atLeast": 1, "within": "172800s"}}""")),
        };
        return (JsonParser.Default.Parse<Design>(DesignText()), JsonParser.Default.Parse<SimulationRequest>(RequestText(people)));
    }

    string DesignText()
    {
        var count = 1 + Below(9);
        string[] middles = [.. Enumerable.Range(0, count).Select(_ => OneOf(Kinds))];
        // So that every node has ways out whose number is known from its text.
        string[] nodes =
        [
            """{"id": "start", "trigger": {"customEvent": {"eventName": "signed_up"}}}""",
            """{"id": "other", "trigger": {"customEvent": {"eventName": "go", "where": {"condition": {"field": "properties.x", "operator": "GT", "value": 7}}}}}""",
            .. middles.Select((middle, i) => middle.Replace("ID", $"n{i}", StringComparison.Ordinal)),
            """{"id": "end", "exit": {"outcome": "done"}}""",
        ];
        var edges = new List<string> { Edge("start", "", "n0"), Edge("other", "", $"n{Below(count)}") };
        for (var i = 0; i < count; i++)
        {
            foreach (var (b, branch) in BranchesOf(middles[i]).Index())
            {
                var target = b == 0 ? i + 1 : i + 1 + Below(count - i);
                edges.Add(Edge($"n{i}", branch, target >= count ? "end" : $"n{target}"));
            }

            if (middles[i].Contains("contentType", StringComparison.Ordinal) && Below(2) == 0)
                edges.Add(Edge($"n{i}", "dismissed", $"n{Below(count)}"));
        }

        var more = string.Concat(
            OneOf("", "", """ "reEnrollment": "ALWAYS", """, """ "reEnrollment": "AFTER_EARLY_EXIT", "reEnrollmentCooldown": "86400s", """),
            OneOf("", "", $""" "audienceId": "{AudienceId}", """, $""" "audienceId": "{AudienceId}", "autoEnroll": true, """),
            OneOf("", """ "timeZone": "America/St_Johns", """),
            Goal,
            OneOf("", "", Exits));
        return $$"""{ {{more}} "name": "Random", "graph": { "nodes": [ {{string.Join(", ", nodes)}} ], "edges": [ {{string.Join(", ", edges)}} ] } }""";
    }

    string Goal => $$$"""
        "goal": {"rule": {{{OneOf(
            """{"event": {"name": "go", "atLeast": 3}}""",
            """{"condition": {"field": "traits.x", "operator": "EXISTS"}}""",
            """{"content": {"contentId": "c1"}}""",
            """{"condition": {"field": "journey.n1.outcome", "operator": "EXISTS"}}""")}}}
          {{{OneOf("", """, "deadline": "432000s" """)}}} {{{OneOf("", """, "exitOnGoal": true""")}}} },
        """;

    string Exits => $$$"""
        "exits": [{"name": "left", {{{OneOf(
            """ "event": {"eventName": "other", "where": {"condition": {"field": "properties.x", "operator": "LT", "value": 3}}} """,
            """ "rule": {"condition": {"field": "journey.n0.outcome", "operator": "EQ", "value": "DISMISSED"}} """,
            """ "rule": {"event": {"name": "other", "atLeast": 2, "within": "259200s"}} """,
            """ "rule": {"condition": {"field": "entry.x", "operator": "EQ", "value": 9}} """,
            """ "rule": {"content": {"contentId": "c2"}} """)}}} {{{OneOf("", """, "outcome": "early" """)}}} }],
        """;

    static readonly string[] Kinds =
    [
        """{"id": "ID", "content": {"contentType": "FLOW", "contentId": "c1", "expireAfter": "86400s"}}""",
        """{"id": "ID", "content": {"contentType": "SURVEY", "contentId": "c2"}}""",
        """{"id": "ID", "wait": {"duration": "3600s"}}""",
        """{"id": "ID", "wait": {"date": "2026-03-25T20:00:00Z"}}""",
        """{"id": "ID", "wait": {"localTime": {"time": "02:30", "weekdays": ["SUNDAY", "WEDNESDAY"]}}}""",
        """{"id": "ID", "wait": {"traitDate": {"trait": "ends", "offset": "-86400s"}}}""",
        """{"id": "ID", "waitForEvent": {"events": [{"eventName": "go"}], "timeout": "172800s"}}""",
        """{"id": "ID", "waitForEvent": {"events": [{"eventName": "other"}, {"eventName": "go", "where": {"condition": {"field": "properties.x", "operator": "GTE", "value": 5}}}]}}""",
        """{"id": "ID", "condition": {"branches": [{"name": "yes", "rule": {"event": {"name": "go", "atLeast": 2, "within": "172800s"}}}, """
            + """{"name": "done", "rule": {"group": {"operator": "OR", "rules": [{"content": {"contentId": "c2"}}, {"audience": {"audienceId": "AUDIENCE"}}]}}}]}}""",
        """{"id": "ID", "condition": {"branches": [{"name": "yes", "rule": {"condition": {"field": "entry.x", "operator": "EXISTS"}}}, """
            + """{"name": "done", "rule": {"event": {"name": "go", "atLeast": 2, "where": {"condition": {"field": "properties.x", "operator": "GTE", "value": 5}}}}}]}}""",
        """{"id": "ID", "split": {"variants": [{"name": "a", "percent": 30}, {"name": "b", "percent": 70}]}}""",
        """{"id": "ID", "goalCheck": {}}""",
        """{"id": "ID", "goalCheck": {"rule": {"event": {"name": "go", "atLeast": 1}}}}""",
    ];

    static string[] BranchesOf(string node) =>
        node.Contains("\"condition\": {\"branches\"", StringComparison.Ordinal) ? ["else", "yes", "done"]
        : node.Contains("\"split\"", StringComparison.Ordinal) ? ["a", "b"]
        : node.Contains("\"goalCheck\"", StringComparison.Ordinal) ? ["fallback", "success"]
        : node.Contains("\"timeout\"", StringComparison.Ordinal) ? ["event", "timeout"]
        : node.Contains("\"waitForEvent\"", StringComparison.Ordinal) ? ["event"]
        : node.Contains("\"expireAfter\"", StringComparison.Ordinal) ? ["", "timeout"]
        : [""];

    // With a seed of its own, since the same first person of all journeys would have the same luck everywhere.
    string RequestText(int people) => $$$"""
        { "seed": "{{{(number + 1).ToString(CultureInfo.InvariantCulture)}}}", "horizon": "2160000s", "keepTimelines": {{{people.ToString(CultureInfo.InvariantCulture)}}},
          "population": {"invented": {"people": {{{people.ToString(CultureInfo.InvariantCulture)}}},
            "zones": [{"value": "Europe/Berlin", "weight": 2}, {"value": "America/New_York", "weight": 1}, {"value": "Africa/Casablanca", "weight": 1}],
            "roles": [{"value": "admin", "weight": 1}, {"value": "guest", "weight": 3}],
            "traits": [{"path": "size", "number": {"from": "1", "until": "5"}},
                       {"path": "ends", "dateFromStart": {"from": "-86400s", "until": "1728000s"}, "missingPerMille": 300}] }},
          "behavior": {
            "contents": [{"data": [{"path": "score", "number": {"from": "1", "until": "5"}, "missingPerMille": 100}]}],
            "sessions": {"perWeekHundredths": 1400, "length": {"exponentialMean": "1200s"}},
            "activities": [
              {"eventName": "signed_up", "every": "345600s"},
              {"eventName": "go", "every": "259200s", "properties": [{"path": "x", "number": {"from": "0", "until": "9"}}]},
              {"eventName": "go", "after": {"nodeId": "n0", "perMille": 500, "latency": {"uniform": {"from": "0s", "until": "172800s"} } } },
              {"eventName": "other", "dailyAt": "09:00", "jitter": {"lognormal": {"median": "7200s"}}, "perMilleOfPeople": 600,
               "properties": [{"path": "x", "number": {"from": "0", "until": "9"}, "missingPerMille": 200}]}],
            "traitChanges": [
              {"trait": "x", "value": 1, "after": {"entry": true, "perMille": 400, "latency": {"uniform": {"from": "0s", "until": "864000s"} } } },
              {"trait": "ends", "value": "2026-04-02", "after": {"entry": true, "perMille": 500, "latency": {"exponentialMean": "172800s"} } },
              {"trait": "ends", "value": "2026-03-22T10:00:00Z", "after": {"eventName": "other", "perMille": 200}}] } }
        """;

    static string Edge(string source, string branch, string target) =>
        $$"""{"id": "{{source}}-{{branch}}", "source": "{{source}}", "branch": "{{branch}}", "target": "{{target}}"}""";

    string OneOf(params string[] texts) => texts[Below(texts.Length)].Replace("AUDIENCE", AudienceId, StringComparison.Ordinal);

    int Below(int bound) => (int)luck.Below(bound, Stream, drawn++);
}
