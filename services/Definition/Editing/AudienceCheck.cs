using Journeys.BuildingBlocks;
using Journeys.Definitions.Audiences;
using Journeys.Engine;
using Journeys.EngineContracts;

namespace Journeys.Definitions.Editing;

/// <summary>What every audience must keep to by itself.</summary>
public static class AudienceCheck
{
    /// <summary>Returns the audience after checking each of its fields.</summary>
    /// <exception cref="InvalidInput">A field is invalid; its name follows <paramref name="path"/>.</exception>
    public static AudienceRow Of(AudienceRow audience, string path)
    {
        Check.Name(audience.Name, $"{path}name");
        Check.Description(audience.Description, $"{path}description");
        var rule = audience.ReadRule();
        var violations = DurationCheck.Of(rule, $"{path}rule").ToList();
        if (violations.Count == 0)
        {
            var problems = RuleValidator.Validate(RuleReader.Read(rule), RuleScope.Person, $"{path}rule");
            violations.AddRange(problems.Select(problem => new Violation(problem.Field, problem.Message)));
        }

        return violations.Count == 0 ? audience : throw new InvalidInput(violations);
    }

    /// <summary>The refusal of a name that another audience of the site has.</summary>
    public static AlreadyThere NameTaken(string name) => new("NAME_TAKEN", $"An audience named {name} already exists.");
}
