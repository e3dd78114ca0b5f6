using Journeys.Engine;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Enrolls the users who match the rule of a job and are not in the journey.</summary>
public sealed class EnrollMatching(JourneyCatalog catalog, EnrollCandidates enroll) : IChunkWork
{
    public Kind Kind => Kind.RuleEnrollment;

    public Task<bool> PartAsync(Proto.ChunkRequested chunk, CancellationToken ct) => Task.FromResult(true);

    public async Task<ChunkResult> RunAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, Exception? failure, CancellationToken ct)
    {
        var (siteId, journeyId) = chunk.Subject();
        if (await RuleEnrollmentStore.FindAsync(transaction, siteId, Guid.Parse(chunk.SubjectId), ct) is not { } row)
        {
            return ChunkResult.Failed(
                "Enrollment no longer has the rule of this job: a database was restored from a backup, or the job ended more than a day ago. Enroll by the rule again.");
        }

        var site = await catalog.NowAsync(siteId, ct);
        if (!site.Journeys.TryGetValue(journeyId, out var journey))
            return ChunkResult.Failed(Availability.RefusalOf(status: null)!.Message);
        var rule = row.ToRule();
        // An audience that the rule names may have grown too costly, or was deleted.
        if (GivenRule.FaultOf(rule, site) is { } fault)
            return ChunkResult.Failed($"The rule {fault}");

        var candidates = new AudienceQueries.Candidates(journey, rule, id => site.Audiences.GetValueOrDefault(id)?.Rule) { UsersOnly = true };
        return await enroll.EnrollAsync(
            transaction,
            chunk,
            new(
                new(journey, EntrySources.Api, "rule"),
                candidates,
                Total: 0,
                async () => await Availability.RefusalAsync(transaction, journey, ct) is { } refused ? ChunkResult.Failed(refused.Message) : null,
                later => site.HasSameAudiences(RuleNeeds.Of(rule), later),
                TimedOut: "The rule times out in the database. Enroll by a simpler rule."),
            failure,
            ct);
    }
}
