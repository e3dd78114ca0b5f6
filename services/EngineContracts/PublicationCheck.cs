using Google.Protobuf;
using Journeys.Engine;
using Journeys.Protos.Definition.V1;

namespace Journeys.EngineContracts;

/// <summary>Checks whether a draft can be published or simulated.</summary>
public static class PublicationCheck
{
    /// <summary>Returns everything that prevents the publication of a draft.</summary>
    /// <param name="design">The draft.</param>
    /// <param name="audiences">The rules of the site's audiences.</param>
    public static IReadOnlyList<Engine.Problem> ProblemsOf(Design design, IReadOnlyDictionary<Guid, Rule> audiences)
    {
        var problems = new List<Engine.Problem>();
        void RequireAudiences(IMessage? part, string path, string nodeId)
        {
            foreach (var (field, id) in AudienceIds.In(part, path))
            {
                if (Guid.TryParseExact(id, "D", out var audienceId) && !audiences.ContainsKey(audienceId))
                    problems.Add(new("UNKNOWN_AUDIENCE", field, $"names the audience {id}, which does not exist.", nodeId));
            }
        }

        if (design.AutoEnroll && design.AudienceId.Length == 0)
            problems.Add(new("NO_AUDIENCE", "audienceId", "is required for auto-enrollment."));
        for (var i = 0; i < design.Exits.Count; i++)
        {
            if (design.Exits[i].LeftAudience && design.AudienceId.Length == 0)
                problems.Add(new("NO_AUDIENCE", $"exits[{i}].leftAudience", "must not be set, because the journey has no audience."));
        }

        RequireAudiences(new Design { AudienceId = design.AudienceId, Goal = design.Goal, Exits = { design.Exits } }, "", "");
        foreach (var node in design.Graph?.Nodes ?? [])
            RequireAudiences(node, $"graph.nodes[{node.Id}]", node.Id);
        var costs = new RuleCosts(audiences.GetValueOrDefault);
        if (Guid.TryParseExact(design.AudienceId, "D", out var id) && audiences.TryGetValue(id, out var members) && costs.Of(members).Fault is { } fault)
            problems.Add(new("RULE_TOO_LARGE", "audienceId", $"names an audience whose rule is too large: it {fault}"));
        problems.AddRange(DesignReader.Validate(design, costs));
        return problems;
    }
}
