using Journeys.Engine;

namespace Journeys.Enrollments.Journeys;

/// <summary>An audience with its compiled rule.</summary>
/// <param name="Change">The change that it reflects. After a restore of Definition from a backup, another change may
/// have the same revision.</param>
public sealed record LiveAudience(string Name, Rule Rule, RulePredicate Holds, RuleNeeds Needs, (int Revision, DateTimeOffset? At) Change);
