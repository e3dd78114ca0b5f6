using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.Protos.Definition.V1;

namespace Journeys.Definitions.Editing;

/// <summary>Checks the limits that every draft must keep, complete or not.</summary>
public static class DesignCheck
{
    const int MaxGraphBytes = 1024 * 1024;
    const int MaxExitBytes = 256 * 1024;
    const int MaxPayloadBytes = 64 * 1024;

    /// <summary>Refuses an invalid draft, naming every invalid field, and normalizes a valid one.</summary>
    /// <param name="design">The design, which is changed: empty settings are removed.</param>
    /// <param name="path">A prefix for the names of fields.</param>
    /// <exception cref="InvalidInput">At least one field is invalid.</exception>
    public static Design Draft(Design design, string path = "")
    {
        Normalize(design);
        var violations = DurationCheck.Of(design, "").ToList();
        void Require(bool holds, string field, string message)
        {
            if (!holds)
                violations.Add(new Violation(field, message));
        }

        Require(design.Name.Length is >= 1 and <= Limits.Name, "name", $"must have 1 to {Limits.Name} characters.");
        Require(design.Name.Length == 0 || FreeText.IsVisible(design.Name), "name", Check.InvisibleName);
        Require(design.Description.Length <= Limits.Description, "description", $"must have at most {Limits.Description} characters.");
        Require(design.AudienceId.Length == 0 || Guid.TryParseExact(design.AudienceId, "D", out _), "audienceId", "must be a UUID or empty.");
        Require(design.TimeZone.Length == 0 || Calendar.Find(design.TimeZone) is not null, "timeZone", "must be an IANA time zone such as Europe/Berlin, an offset such as +02:00, or empty.");
        Require(!IsBelowZero(design.ReEnrollmentCooldown), "reEnrollmentCooldown", "must not be negative.");
        Require(design.Goal?.Deadline is not { } deadline || (!IsBelowZero(deadline) && !IsZero(deadline)), "goal.deadline", "must be more than 0.");
        Require(design.Exits.Count <= GraphValidator.MaxExits, "exits", $"must have at most {GraphValidator.MaxExits} rules.");
        Require(design.Exits.Sum(exit => exit.CalculateSize()) <= MaxExitBytes, "exits", "must be at most 256 KiB.");
        CheckGraph(design.Graph, Require);
        // Rules name audiences by UUID. An unfinished rule may name none.
        foreach (var (field, id) in AudienceIds.In(design).Where(named => named.Field != "audienceId"))
            Require(Guid.TryParseExact(id, "D", out _), field, "must be a UUID.");

        return violations.Count == 0
            ? design
            : throw new InvalidInput([.. violations.Select(violation => violation with { Field = path + violation.Field })]);
    }

    // Removes a goal without a rule and a cool-down of zero, and sets defaults.
    static void Normalize(Design design)
    {
        if (design.Goal?.Rule is null)
            design.Goal = null;
        if (IsZero(design.ReEnrollmentCooldown))
            design.ReEnrollmentCooldown = null;
        if (design.ReEnrollment == Journey.Types.ReEnrollment.Unspecified)
            design.ReEnrollment = Journey.Types.ReEnrollment.Never;
        design.Graph ??= new();
    }

    static void CheckGraph(Protos.Graph.V1.Graph graph, Action<bool, string, string> require)
    {
        require(graph.Nodes.Count <= GraphValidator.MaxNodes, "graph.nodes", $"must have at most {GraphValidator.MaxNodes} nodes.");
        require(graph.Edges.Count <= GraphValidator.MaxEdges, "graph.edges", $"must have at most {GraphValidator.MaxEdges} edges.");
        require(graph.CalculateSize() <= MaxGraphBytes, "graph", "must be at most 1 MiB.");
        CheckIds([.. graph.Nodes.Select(node => node.Id)], "graph.nodes", GraphValidator.IsSlug, $"1 to {GraphValidator.MaxId} letters, digits, _ or -", require);
        CheckIds([.. graph.Edges.Select(edge => edge.Id)], "graph.edges", id => id.Length is > 0 and <= GraphValidator.MaxId, $"1 to {GraphValidator.MaxId} characters", require);
        foreach (var node in graph.Nodes)
        {
            require(node.Name.Length <= Limits.Name, $"graph.nodes[{node.Id}].name", $"must have at most {Limits.Name} characters.");
            require(node.Name.Length == 0 || FreeText.IsVisible(node.Name), $"graph.nodes[{node.Id}].name", Check.InvisibleName);
            require(
                node.Content?.Payload is not { } payload || JsonSize.Of(payload) <= MaxPayloadBytes, $"graph.nodes[{node.Id}].content.payload", "must be at most 64 KiB.");
        }
    }

    static void CheckIds(string[] ids, string field, Func<string, bool> isGood, string needed, Action<bool, string, string> require)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < ids.Length; i++)
        {
            require(isGood(ids[i]), $"{field}[{i}].id", $"must have {needed}.");
            require(seen.Add(ids[i]), $"{field}[{i}].id", $"must be unique; {ids[i]} is used twice.");
        }
    }

    static bool IsZero(Duration? span) => span is { Seconds: 0, Nanos: 0 };

    static bool IsBelowZero(Duration? span) => span is { Seconds: < 0 } or { Seconds: 0, Nanos: < 0 };
}
