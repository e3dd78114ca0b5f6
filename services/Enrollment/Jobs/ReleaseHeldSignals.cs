using Journeys.BuildingBlocks;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Applies what was held while a journey was paused.</summary>
public sealed class ReleaseHeldSignals(NpgsqlDataSource source, AdvanceEnrollments advance, SetFaultyAside faulty) : IChunkWork
{
    public Kind Kind => Kind.Release;

    /// <summary>Sets those aside whose held signals cannot be applied.</summary>
    public async Task<bool> PartAsync(Proto.ChunkRequested chunk, CancellationToken ct)
    {
        var (siteId, journeyId) = chunk.Subject();
        var holding = await source.InTransactionAsync(
            transaction => HeldSignalStore.ListEnrollmentsAsync(transaction, siteId, journeyId, chunk.LimitInside(), ct), ct);
        return await faulty.HandleAsync(siteId, holding, [], ct);
    }

    public async Task<ChunkResult> RunAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, bool apart, CancellationToken ct)
    {
        var (siteId, journeyId) = chunk.Subject();
        await HeldSignalStore.DropOfEndedAsync(transaction, siteId, journeyId, ct);
        var total = chunk.ChunkNo == 1 ? await HeldSignalStore.CountEnrollmentsAsync(transaction, siteId, journeyId, ct) : 0;
        var limit = chunk.LimitInside();
        var enrollmentIds = await HeldSignalStore.ListEnrollmentsAsync(transaction, siteId, journeyId, limit, ct);
        var locked = await EnrollmentStore.LockActiveAsync(transaction, [.. enrollmentIds.Select(_ => siteId)], [.. enrollmentIds], ct);
        // Paused again meanwhile: what is held stays held, for the job that the next resume starts.
        if (locked.Rows.Any(row => row.JourneyStatus == JourneyStatuses.Paused))
            return ChunkResult.Nothing();

        var enrollments = await advance.ApplyAsync(transaction, locked, static _ => [], ct);
        return new(
            new() { Done = enrollments.Count, Changed = enrollments.Count(enrollment => enrollment.HasChanged), Total = total, Last = enrollmentIds.Count < limit }, enrollments);
    }
}
