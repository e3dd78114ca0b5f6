using Journeys.BuildingBlocks;
using Journeys.Engine;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Compares how many people a request would change with how many its caller expects.</summary>
public static class ExpectedPeople
{
    // The number by which more people than expected may match: at least `Tolerance`, or `TolerancePart` of the expected
    // number.
    const int Tolerance = 10;
    const double TolerancePart = 0.05;

    /// <summary>Refuses a request that would change more people than expected.</summary>
    /// <param name="matching">The number of people who match now.</param>
    /// <param name="expected">The number that the caller expects; null for any.</param>
    /// <exception cref="Conflict">Reason IMPACT_CHANGED.</exception>
    public static void Require(int matching, int? expected)
    {
        if (expected is { } few && matching - few > Math.Max(Tolerance, few * TolerancePart))
            throw new Conflict("IMPACT_CHANGED", $"{Counted.Of(matching, "person matches", "people match")} now, but {few} were expected. Nothing was changed. Request a new preview.");
    }
}
