using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.Protos.Definition.V1;
using Goal = Journeys.Protos.Definition.V1.Goal;

namespace Journeys.Definitions;

/// <summary>What every draft must keep to, complete or not.</summary>
public static class DesignCheck
{
    const int MaxGraphBytes = 1024 * 1024;
    static readonly TimeSpan TenYears = TimeSpan.FromDays(3_653);

    /// <summary>Refuses what may not be stored, naming every field.</summary>
    /// <exception cref="InvalidInput">At least one field is at fault.</exception>
    public static Design Draft(Design design)
    {
        var violations = new List<Violation>();
        void Require(bool holds, string field, string message)
        {
            if (!holds)
                violations.Add(new Violation(field, message));
        }

        Require(design.Name.Length is >= 1 and <= 255, "name", "must have 1 to 255 characters.");
        Require(!design.Name.Contains('\0'), "name", "must not contain the NUL character.");
        Require(design.Description.Length <= 4_096, "description", "must have at most 4,096 characters.");
        Require(design.AudienceId.Length == 0 || Guid.TryParseExact(design.AudienceId, "D", out _), "audienceId", "must be a UUID or empty.");
        Require(design.TimeZone.Length == 0 || Calendar.Find(design.TimeZone) is not null, "timeZone", "must be an IANA time zone or empty.");
        Require(IsSpan(design.ReEnrollmentCooldown, mayBeZero: true), "reEnrollmentCooldown", "must be from 0 to 10 years.");
        Require(design.Goal is null || IsSpan(design.Goal.Deadline, mayBeZero: false), "goal.deadline", "must be more than 0 and at most 10 years.");

        var graph = design.Graph;
        Require((graph?.Nodes.Count ?? 0) <= GraphValidator.MaxNodes, "graph.nodes", $"may have {GraphValidator.MaxNodes} nodes.");
        Require((graph?.Edges.Count ?? 0) <= GraphValidator.MaxEdges, "graph.edges", $"may have {GraphValidator.MaxEdges} edges.");
        Require((graph?.CalculateSize() ?? 0) <= MaxGraphBytes, "graph", "may have 1 MiB.");
        CheckIds([.. graph?.Nodes.Select(node => node.Id) ?? []], "graph.nodes", GraphValidator.IsSlug, "1 to 64 letters, digits, _ or -", Require);
        CheckIds([.. graph?.Edges.Select(edge => edge.Id) ?? []], "graph.edges", id => id.Length is > 0 and <= 64, "1 to 64 characters", Require);
        CheckSpans(graph, Require);

        return violations.Count == 0 ? design : throw new InvalidInput(violations);
    }

    /// <summary>Everything that keeps a draft from being published; the audiences that exist are given.</summary>
    public static IReadOnlyList<Engine.Problem> Publication(Design design, IReadOnlySet<Guid> audiences)
    {
        var problems = new List<Engine.Problem>();
        if (design.AutoEnroll && design.AudienceId.Length == 0)
            problems.Add(new("NO_AUDIENCE", "audienceId", "Auto-enrollment needs an audience."));
        foreach (var unknown in AudienceUse.Of(design).Where(id => !audiences.Contains(id)))
            problems.Add(new("UNKNOWN_AUDIENCE", "audienceId", $"There is no audience {unknown}."));
        problems.AddRange(DesignReader.Validate(design));
        return problems;
    }

    /// <summary>A goal without a rule is none.</summary>
    public static Goal? OrNone(Goal? goal) => goal?.Rule is null ? null : goal;

    static void CheckIds(string[] ids, string field, Func<string, bool> isGood, string needed, Action<bool, string, string> require)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < ids.Length; i++)
        {
            require(isGood(ids[i]), $"{field}[{i}].id", $"needs {needed}.");
            require(seen.Add(ids[i]), $"{field}[{i}].id", $"{ids[i]} stands here twice.");
        }
    }

    // A span that .NET cannot hold would fail later, where nobody expects it.
    static void CheckSpans(Protos.Graph.V1.Graph? graph, Action<bool, string, string> require)
    {
        foreach (var node in graph?.Nodes ?? [])
        {
            require(IsSane(node.Content?.ExpireAfter), $"graph.nodes[{node.Id}].content.expireAfter", "must be at most 10 years.");
            require(IsSane(node.Wait?.Duration), $"graph.nodes[{node.Id}].wait.duration", "must be at most 10 years.");
            require(IsSane(node.Wait?.TraitDate?.Offset), $"graph.nodes[{node.Id}].wait.traitDate.offset", "must be at most 10 years.");
            require(IsSane(node.WaitForEvent?.Timeout), $"graph.nodes[{node.Id}].waitForEvent.timeout", "must be at most 10 years.");
        }
    }

    static bool IsSane(Duration? span) =>
        span is null || (Math.Abs(span.Seconds) <= (long)TenYears.TotalSeconds && Math.Abs(span.Nanos) < 1_000_000_000 && (long)Math.Sign(span.Seconds) * span.Nanos >= 0);

    static bool IsSpan(Duration? span, bool mayBeZero) =>
        span is null || (IsSane(span) && span.ToTimeSpan() is var given && (given > TimeSpan.Zero || (mayBeZero && given == TimeSpan.Zero)));
}
