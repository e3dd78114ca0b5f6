using Journeys.BuildingBlocks.Failures;
using Journeys.Engine;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Enrolls the people who match a journey's audience and are not in the journey.</summary>
public sealed class SweepAudience(JourneyCatalog catalog, MoveQueries moves, AudienceQueries audiences, EnrollCandidates enroll) : IChunkWork
{
    public Kind Kind => Kind.AudienceSweep;

    public Task<bool> PartAsync(Proto.ChunkRequested chunk, CancellationToken ct) => Task.FromResult(true);

    public async Task<ChunkResult> RunAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, Exception? failure, CancellationToken ct)
    {
        var (siteId, journeyId) = chunk.Subject();
        // Waits for calls that read the journeys before this one was published, because they do not enroll their
        // person, and the search does not see yet what they store.
        if (chunk.ChunkNo == 1)
            await moves.WaitForEarlierAsync(siteId, chunk, ct);
        var site = await catalog.NowAsync(siteId, ct);
        if (!site.Journeys.TryGetValue(journeyId, out var journey))
            throw new NotYet($"Journey {chunk.JourneyId} has not arrived yet.");
        if (!journey.AutoEnrolls)
            return ChunkResult.Nothing();
        if (!site.Audiences.TryGetValue(journey.AudienceId!.Value, out var audience))
            throw new NotYet($"The audience {journey.AudienceId} has not arrived yet.");

        // An older release may have stored a rule without limiting its cost.
        var rules = (Guid id) => site.Audiences.GetValueOrDefault(id)?.Rule;
        if (new RuleCosts(rules).Of(audience.Rule).Fault is { } fault)
            return ChunkResult.Failed($"The rule of the audience {audience.Name} {fault} Nobody is enrolled by sweeps until it is smaller.");

        var candidates = new AudienceQueries.Candidates(journey, audience.Rule, rules);
        var total = chunk.Cursor.Length == 0 ? await audiences.CountCandidatesAsync(transaction, candidates, ct) : 0;
        return await enroll.EnrollAsync(
            transaction,
            chunk,
            new(
                new(journey, EntrySources.Audience, "sweep"),
                candidates,
                total,
                // If the journey is paused or archived, it accepts nobody; a resume or a publication sweeps again.
                async () => await Availability.HoldOpenAsync(transaction, journey, ct) ? null : ChunkResult.Nothing(),
                later => site.HasSameAudience(journey.AudienceId.Value, later),
                TimedOut: $"The rule of the audience {audience.Name} times out in the database. Sweeps enroll nobody until the rule is simplified."),
            failure,
            ct);
    }
}
