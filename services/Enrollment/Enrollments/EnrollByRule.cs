using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Requests;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Proto = Journeys.Protos.Enrollment.V1;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Counts the users whom a rule would let into a journey, and starts the job that enrolls them.</summary>
public sealed class EnrollByRule(RequireJourney require, JourneyCatalog catalog, AudienceQueries audiences, BeginJob jobs)
{
    const int Examples = 10;

    /// <summary>Counts the users who would be enrolled, and returns some of them.</summary>
    /// <exception cref="InvalidInput">The rule is incomplete, too large, or names an unknown audience.</exception>
    public async Task<Proto.EnrollmentPreview> PreviewAsync(Guid siteId, Guid journeyId, Protos.Rule.V1.Rule? rule, CancellationToken ct)
    {
        var (people, examples) = await CountAsync(siteId, journeyId, rule, Examples, ct);
        return new() { People = people, Examples = { examples.Select(ProfileMapping.ToProto) } };
    }

    /// <summary>Returns the job. A repeat of the request returns the same job.</summary>
    /// <exception cref="InvalidInput">The rule is incomplete, too large, or names an unknown audience.</exception>
    /// <exception cref="Conflict">Reason IMPACT_CHANGED: more people match than expected.</exception>
    public Task<Scheduler.Job> HandleAsync(
        Guid siteId, Guid journeyId, Protos.Rule.V1.Rule rule, int? expected, RequestKey? key, CancellationToken ct)
    {
        return jobs.HandleAsync<RuleEnrollmentRow>(
            siteId,
            key,
            new(
                ReadAsync,
                (transaction, row) => RuleEnrollmentStore.AddAsync(transaction, row, ct),
                (transaction, jobId) => RuleEnrollmentStore.FindAsync(transaction, siteId, jobId, ct),
                ToRequest,
                CrashPoint.ListClaimed),
            ct);

        async Task<RuleEnrollmentRow> ReadAsync(Guid jobId)
        {
            var (people, _) = await CountAsync(siteId, journeyId, rule, examples: 0, ct);
            ExpectedPeople.Require(people, expected);
            return new()
            {
                SiteId = siteId,
                JobId = jobId,
                JourneyId = journeyId,
                Rule = rule.ToByteArray(),
                People = people,
            };
        }
    }

    static Scheduler.StartJobRequest ToRequest(RuleEnrollmentRow row) => new()
    {
        Kind = Scheduler.Job.Types.Kind.RuleEnrollment,
        JourneyId = row.JourneyId.ToString(),
        SubjectId = row.JobId.ToString(),
        Total = row.People,
    };

    async Task<(int People, IReadOnlyList<ProfileRow> Examples)> CountAsync(
        Guid siteId, Guid journeyId, Protos.Rule.V1.Rule? given, int examples, CancellationToken ct)
    {
        var journey = await require.TakingPeopleAsync(siteId, journeyId, ct);
        // Reads the present catalog, so that the rule may name an audience that was just saved.
        var site = await catalog.NowAsync(siteId, ct);
        var rule = GivenRule.Read(given, "rule", site);
        return await audiences.PreviewAsync(
            new(journey, rule, id => site.Audiences.GetValueOrDefault(id)?.Rule) { UsersOnly = true }, examples, ct);
    }
}
