using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Audiences;

/// <summary>Counts the users whom a rule matches, and returns some of them.</summary>
public sealed class PreviewAudience(JourneyCatalog catalog, AudienceQueries audiences)
{
    const int SampleSize = 10;

    /// <exception cref="InvalidInput">The rule is incomplete, too large, or names an unknown audience.</exception>
    /// <exception cref="Refused">Reason RULE_TOO_SLOW: the database needs too long for the rule.</exception>
    /// <exception cref="TooManyCalls">Too many previews of the site are running.</exception>
    public async Task<Proto.PreviewAudienceResponse> HandleAsync(Guid siteId, Protos.Rule.V1.Rule? given, CancellationToken ct)
    {
        // Reads the present catalog, so that a rule may name an audience that was just saved.
        var site = await catalog.NowAsync(siteId, ct);
        var rule = GivenRule.Read(given, "rule", site);

        var (matching, total, sample) = await audiences.PreviewAsync(siteId, rule, id => site.Audiences.GetValueOrDefault(id)?.Rule, SampleSize, ct);

        return new() { Count = matching, Total = total, Sample = { sample.Select(ProfileMapping.ToProto) } };
    }
}
