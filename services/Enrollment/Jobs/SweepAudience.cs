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
public sealed class SweepAudience(JourneyCatalog catalog, MoveQueries moves, AudienceQueries audiences, EnrollInChunk enroll, ILogger<SweepAudience> logger) : IChunkWork
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
        if (await audiences.LockCandidatesAsync(transaction, candidates, chunk.After(), chunk.Limit, ct) is not { } part)
            return ChunkResult.Failed($"The rule of the audience {audience.Name} times out in the database. Sweeps enroll nobody until the rule is simplified.");
        // If the journey is paused or archived, it accepts nobody; a resume or a publication sweeps again. It is locked
        // only now, so that a pause does not wait for the search.
        if (!await Availability.HoldOpenAsync(transaction, journey, ct))
            return ChunkResult.Nothing();

        foreach (var profileId in part.TooSlow)
            logger.LogError(
                "The rule of audience {AudienceId} times out for profile {ProfileId} of site {SiteId}, so the sweep of journey {JourneyId} leaves them out",
                journey.AudienceId, profileId, siteId, journeyId);
        var result = await enroll.EnrollAsync(transaction, new(journey, EntrySources.Audience, "sweep"), part.Found, part.Last, total, failure, ct);
        // Checked after people are stored: a later change of the audience waits for this transaction before it counts
        // as applied.
        if (!site.HasSameAudience(journey.AudienceId.Value, await catalog.NowAsync(siteId, ct)))
            throw new NotYet($"The audience {audience.Name} changed while its people were looked for.");
        return result;
    }
}
