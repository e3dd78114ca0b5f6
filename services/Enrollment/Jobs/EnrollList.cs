using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Lists;
using Journeys.Enrollments.Profiles;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Enrolls the members of a user list.</summary>
public sealed class EnrollList(JourneyCatalog catalog, EnrollInChunk enroll) : IChunkWork
{
    public Kind Kind => Kind.ListEnrollment;

    public Task<bool> PartAsync(Proto.ChunkRequested chunk, CancellationToken ct) => Task.FromResult(true);

    public async Task<ChunkResult> RunAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, Exception? failure, CancellationToken ct)
    {
        var site = await catalog.NowAsync(Guid.Parse(chunk.SiteId), ct);
        if (!site.Journeys.TryGetValue(Guid.Parse(chunk.JourneyId), out var journey))
            return ChunkResult.Failed(Availability.RefusalOf(status: null)!.Message);

        // Locks profiles before the journey, in the same order as all other transactions.
        var people = await UserListStore.LockMembersAsync(transaction, journey.SiteId, Guid.Parse(chunk.SubjectId), chunk.After(), chunk.Limit, ProfileStore.KeepFor(journey.Compiled), ct);
        if (await Availability.RefusalAsync(transaction, journey, ct) is { } refused)
            return ChunkResult.Failed(refused.Message);

        var last = people.Count < chunk.Limit ? (Guid?)null : people[^1].ProfileId;
        return await enroll.EnrollAsync(transaction, new(journey, EntrySources.List, "list"), people, last, total: 0, failure, ct);
    }
}
