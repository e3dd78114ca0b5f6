using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Requests;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Npgsql;
using Proto = Journeys.Protos.Enrollment.V1;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Counts the users whom a rule would let into a journey, and starts the job that enrolls them.</summary>
public sealed class EnrollByRule(
    NpgsqlDataSource source, RequireJourney require, JourneyCatalog catalog, AudienceQueries audiences, IdempotencyKeys keys,
    Scheduler.SchedulerService.SchedulerServiceClient scheduler, TimeProvider time)
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
    public async Task<Scheduler.Job> HandleAsync(
        Guid siteId, Guid journeyId, Protos.Rule.V1.Rule rule, int? expected, RequestKey? key, CancellationToken ct)
    {
        var jobId = await keys.FindAsync(key, ct) is { Made: [var known, ..] } ? known : await AddAsync(siteId, journeyId, rule, expected, key, ct);
        // The Scheduler returns the existing job for a repeated id, so a repeat after a crash at this point starts no
        // second job.
        Crash.At(CrashPoint.ListClaimed);
        return await StartAsync(siteId, jobId, ct);
    }

    async Task<Guid> AddAsync(Guid siteId, Guid journeyId, Protos.Rule.V1.Rule rule, int? expected, RequestKey? key, CancellationToken ct)
    {
        var (people, _) = await CountAsync(siteId, journeyId, rule, examples: 0, ct);
        ExpectedPeople.Require(people, expected);
        var row = new RuleEnrollmentRow
        {
            SiteId = siteId,
            JobId = FreshId.Make(time.GetUtcNow()),
            JourneyId = journeyId,
            Rule = rule.ToByteArray(),
            People = people,
        };
        return await source.InTransactionAsync(
            async transaction =>
            {
                if (await keys.ClaimAsync(transaction, key, [row.JobId], ct) is { Made: [var first, ..] })
                    return first;

                await RuleEnrollmentStore.AddAsync(transaction, row, ct);
                return row.JobId;
            },
            ct);
    }

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

    async Task<Scheduler.Job> StartAsync(Guid siteId, Guid jobId, CancellationToken ct)
    {
        var row = await source.InTransactionAsync(transaction => RuleEnrollmentStore.FindAsync(transaction, siteId, jobId, ct), ct)
            ?? throw new NotFound("job", jobId);
        return await scheduler.StartJobAsync(
            new()
            {
                Id = jobId.ToString(),
                Kind = Scheduler.Job.Types.Kind.RuleEnrollment,
                JourneyId = row.JourneyId.ToString(),
                SubjectId = jobId.ToString(),
                Total = row.People,
            },
            ServiceCall.For(siteId, ct));
    }
}
