using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Stops;

/// <summary>Selects people inside a journey who match all of its parts.</summary>
/// <param name="SiteId">The site.</param>
/// <param name="JourneyId">The journey.</param>
/// <param name="NodeIds">The nodes where they are; empty for any.</param>
/// <param name="Versions">The versions that they are in; empty for any.</param>
/// <param name="Rule">The rule that they match; null for none.</param>
/// <param name="ProfileIds">Their profiles; null for any.</param>
/// <param name="EnteredBy">The latest time of their entry; null for any.</param>
public sealed record Selection(
    Guid SiteId, Guid JourneyId, string[] NodeIds, int[] Versions, Rule? Rule, Guid[]? ProfileIds, DateTimeOffset? EnteredBy = null)
{
    const int MostNodes = 500;
    const int MostVersions = 500;
    const int MostUsers = 1_000;

    /// <summary>Whether a locked enrollment still matches, as far as it may have changed since the search.</summary>
    public bool Means(EnrollmentRow row) =>
        row.JourneyId == JourneyId && (NodeIds.Length == 0 || NodeIds.Contains(row.NodeId)) && (ProfileIds?.Contains(row.ProfileId) ?? true);

    /// <summary>
    /// Checks a selection of a request. Returns it with the ids of the users, whose profiles are not loaded yet.
    /// </summary>
    /// <exception cref="InvalidInput">A field of the selection is invalid.</exception>
    public static (Selection Selection, string[] UserIds) Read(Guid siteId, Guid journeyId, Proto.Selection? given, SiteCatalog site)
    {
        Check.Present(given, "selection");
        var isPart = given!.NodeIds.Count > 0 || given.Versions.Count > 0 || given.Rule is not null || given.UserIds.Count > 0;
        if (given.All == isPart)
            throw new InvalidInput("selection", "must set either all, or at least one of nodeIds, versions, rule and userIds.");

        var nodeIds = Check.Count(given.NodeIds, 0, MostNodes, "selection.nodeIds")
            .Select((id, index) => Check.Text(id, 1, GraphValidator.MaxId, $"selection.nodeIds[{index}]"));
        var versions = Check.Count(given.Versions, 0, MostVersions, "selection.versions")
            .Select((version, index) => Check.Range(version, 1, int.MaxValue, $"selection.versions[{index}]"));
        var userIds = Check.Count(given.UserIds, 0, MostUsers, "selection.userIds")
            .Select((id, index) => Check.PersonId(id, $"selection.userIds[{index}]"));
        var rule = given.Rule is null ? null : GivenRule.Read(given.Rule, "selection.rule", site);
        return (new(siteId, journeyId, [.. nodeIds], [.. versions], rule, null), [.. userIds.Distinct(StringComparer.Ordinal)]);
    }
}
