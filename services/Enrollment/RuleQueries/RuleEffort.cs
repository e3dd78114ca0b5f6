using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.Engine;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>What the rules about one person may take in one call.</summary>
public static class RuleEffort
{
    // Less than 100 milliseconds. Rules within their budgets take a hundredth of it, even for the longest texts a tenth.
    const long MostSteps = 20_000_000;

    /// <summary>A new account for one person in one call.</summary>
    public static Effort New(CancellationToken ct) => new(MostSteps, () => new RulesTooCostly(), ct);
}

/// <summary>Rules about somebody take too much work: FAILED_PRECONDITION. The same rules take the same for the same person every time.</summary>
public sealed class RulesTooCostly()
    : DomainException(
        StatusCode.FailedPrecondition, "RULES_TOO_COSTLY",
        "The rules of this site's journeys and audiences take too much work for this person. Use fewer and shorter regular expressions.");
