using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.Enrollments.Journeys;

namespace Journeys.Enrollments.Audiences;

/// <summary>Reads and checks a rule about people from a request.</summary>
public static class GivenRule
{
    /// <summary>Returns the rule in the engine's types.</summary>
    /// <exception cref="InvalidInput">The rule is incomplete, too large, or names an unknown audience; the violations name its field.</exception>
    public static Rule Read(Protos.Rule.V1.Rule? given, string field, SiteCatalog site)
    {
        var rule = RuleReader.Read(given);
        var problems = RuleValidator.Validate(rule, RuleScope.Person, field);
        if (problems.Count > 0)
            throw new InvalidInput([.. problems.Select(problem => new Violation(problem.Field, problem.Message))]);
        return FaultOf(rule!, site) is { } fault ? throw new InvalidInput(field, fault) : rule!;
    }

    /// <summary>Returns why a rule cannot be evaluated on this site; null if it can.</summary>
    /// <remarks>An unknown audience matches nobody, so `not` of it would match everybody.</remarks>
    public static string? FaultOf(Rule rule, SiteCatalog site) =>
        RuleNeeds.Of(rule).Audiences.All(site.Audiences.ContainsKey)
            ? new RuleCosts(id => site.Audiences.GetValueOrDefault(id)?.Rule).Of(rule).Fault
            : "names an audience that does not exist.";
}
