using Journeys.BuildingBlocks.Failures;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Npgsql;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Finds the people of one chunk by a rule, and enrolls them.</summary>
public sealed class EnrollCandidates(JourneyCatalog catalog, AudienceQueries audiences, EnrollInChunk enroll, ILogger<EnrollCandidates> logger)
{
    /// <summary>Who enters, and how.</summary>
    /// <param name="Entry">How they enter.</param>
    /// <param name="Candidates">The rule and the journey.</param>
    /// <param name="Total">The number of people of the whole job; 0 when unknown.</param>
    /// <param name="ClosedAsync">Locks the journey; returns the result of the chunk if it accepts nobody, otherwise null.</param>
    /// <param name="IsSame">Whether the audiences that the rule needs are the same in a later catalog.</param>
    /// <param name="TimedOut">The error of the job when the rule takes too long.</param>
    public sealed record Search(
        EnrollPeople.Entry Entry, AudienceQueries.Candidates Candidates, int Total, Func<Task<ChunkResult?>> ClosedAsync,
        Func<SiteCatalog, bool> IsSame, string TimedOut);

    /// <summary>Enrolls the next people who match.</summary>
    /// <exception cref="NotYet">An audience changed during the search.</exception>
    public async Task<ChunkResult> EnrollAsync(
        NpgsqlTransaction transaction, Proto.ChunkRequested chunk, Search search, Exception? failure, CancellationToken ct)
    {
        var journey = search.Entry.Journey;
        if (await audiences.LockCandidatesAsync(transaction, search.Candidates, chunk.After(), chunk.Limit, ct) is not { } part)
            return ChunkResult.Failed(search.TimedOut);
        // Locked only now, so that a pause does not wait for the search.
        if (await search.ClosedAsync() is { } closed)
            return closed;

        foreach (var profileId in part.TooSlow)
            logger.LogError(
                "The rule of job {JobId} ({Kind}) times out for profile {ProfileId} of site {SiteId}, so they are not enrolled in journey {JourneyId}",
                chunk.JobId, chunk.Kind, profileId, journey.SiteId, journey.JourneyId);
        var result = await enroll.EnrollAsync(transaction, search.Entry, part.Found, part.Last, search.Total, failure, ct);
        // Checked after people are stored: a later change of an audience waits for this transaction before it counts as
        // applied.
        if (!search.IsSame(await catalog.NowAsync(journey.SiteId, ct)))
            throw new NotYet($"An audience changed while job {chunk.JobId} looked for people.");
        return result;
    }
}
