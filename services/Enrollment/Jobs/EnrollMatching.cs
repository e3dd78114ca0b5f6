using Journeys.BuildingBlocks.Failures;
using Journeys.Engine;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Enrolls the users who match the rule of a job and are not in the journey.</summary>
public sealed class EnrollMatching(JourneyCatalog catalog, AudienceQueries audiences, EnrollInChunk enroll, ILogger<EnrollMatching> logger) : IChunkWork
{
    public Kind Kind => Kind.RuleEnrollment;

    public Task<bool> PartAsync(Proto.ChunkRequested chunk, CancellationToken ct) => Task.FromResult(true);

    public async Task<ChunkResult> RunAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, Exception? failure, CancellationToken ct)
    {
        var (siteId, journeyId) = chunk.Subject();
        if (await RuleEnrollmentStore.FindAsync(transaction, siteId, Guid.Parse(chunk.SubjectId), ct) is not { } row)
            return ChunkResult.Failed("Enrollment no longer has the rule of this job, because its database was restored from a backup. Enroll by the rule again.");

        var site = await catalog.NowAsync(siteId, ct);
        if (!site.Journeys.TryGetValue(journeyId, out var journey))
            return ChunkResult.Failed(Availability.RefusalOf(status: null)!.Message);
        var rule = row.ToRule();
        // An audience that the rule names may have grown too costly, or was deleted.
        if (GivenRule.FaultOf(rule, site) is { } fault)
            return ChunkResult.Failed($"The rule {fault}");

        var candidates = new AudienceQueries.Candidates(journey, rule, id => site.Audiences.GetValueOrDefault(id)?.Rule) { UsersOnly = true };
        if (await audiences.LockCandidatesAsync(transaction, candidates, chunk.After(), chunk.Limit, ct) is not { } part)
            return ChunkResult.Failed("The rule times out in the database. Enroll by a simpler rule.");
        // Locked only now, so that a pause does not wait for the search.
        if (await Availability.RefusalAsync(transaction, journey, ct) is { } refused)
            return ChunkResult.Failed(refused.Message);

        foreach (var profileId in part.TooSlow)
            logger.LogError(
                "The rule of job {JobId} times out for profile {ProfileId} of site {SiteId}, so they are left out", chunk.JobId, profileId, siteId);
        var result = await enroll.EnrollAsync(transaction, new(journey, EntrySources.Api, "rule"), part.Found, part.Last, total: 0, failure, ct);
        // Checked after people are stored, as by a sweep.
        if (!site.HasSameAudiences(RuleNeeds.Of(rule), await catalog.NowAsync(siteId, ct)))
            throw new NotYet($"An audience changed while people were looked for whom the rule of job {chunk.JobId} matches.");
        return result;
    }
}
