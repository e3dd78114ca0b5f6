using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Applies signals that were held while a journey was paused.</summary>
public sealed class ReleaseHeldSignals(NpgsqlDataSource source, MoveQueries moves, AdvanceEnrollments advance, SetFaultyAside faulty) : IChunkWork
{
    // The size of a batch after a larger one has failed or timed out.
    const int Few = 100;

    // The maximum number of signals that one chunk applies.
    const int MostSignals = 5_000;

    public Kind Kind => Kind.Release;

    /// <summary>Sets aside those of the next few enrollments whose held signals cannot be applied.</summary>
    public async Task<bool> PartAsync(Proto.ChunkRequested chunk, CancellationToken ct)
    {
        var (siteId, journeyId) = chunk.Subject();
        var holding = await source.InTransactionAsync(
            transaction => HeldSignalStore.ListEnrollmentsAsync(transaction, siteId, journeyId, LimitApart(chunk), ct), ct);
        await faulty.HandleAsync(siteId, [.. holding.Select(one => one.EnrollmentId)], [], ct);
        return true;
    }

    public async Task<ChunkResult> RunAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, Exception? failure, CancellationToken ct)
    {
        var (siteId, journeyId) = chunk.Subject();
        // Waits for transactions that read the status before the resume, because they may still be storing held
        // signals.
        if (chunk.ChunkNo == 1)
            await moves.WaitForEarlierAsync(siteId, chunk, ct);
        await HeldSignalStore.DropOfEndedAsync(transaction, siteId, journeyId, ct);
        var total = chunk.ChunkNo == 1 ? await HeldSignalStore.CountEnrollmentsAsync(transaction, siteId, journeyId, ct) : 0;
        var limit = failure is null ? chunk.LimitInside() : LimitApart(chunk);
        var holding = await HeldSignalStore.ListEnrollmentsAsync(transaction, siteId, journeyId, limit, ct);
        var enrollmentIds = Together(holding);
        var locked = await EnrollmentStore.LockActiveAsync(transaction, [.. enrollmentIds.Select(_ => siteId)], [.. enrollmentIds], ct);
        // The journey was paused again in the meantime. The signals stay held, and the next resume starts a job for
        // them.
        if (locked.Rows.Any(row => row.JourneyStatus == JourneyStatuses.Paused))
            return ChunkResult.Nothing();

        var enrollments = new List<Enrollment>();
        foreach (var rows in locked.Rows.Chunk(failure is null ? limit : 1))
            enrollments.AddRange(await advance.ApplyAsync(transaction, locked with { Rows = rows }, static _ => [], ct));
        // An enrollment with more held signals is counted with its last batch.
        var finished = enrollments.Where(enrollment => !enrollment.HasMoreHeld).ToList();
        var isLast = holding.Count < limit && enrollmentIds.Count == holding.Count && finished.Count == enrollments.Count;
        return new(
            new() { Done = finished.Count, Changed = finished.Count(enrollment => enrollment.HasChanged), Total = total, Last = isLast }, enrollments);
    }

    static List<Guid> Together(IReadOnlyList<(Guid EnrollmentId, int Signals)> holding)
    {
        var signals = 0;
        return [.. holding.TakeWhile(one => (signals += Math.Min(one.Signals, Enrollment.MostHeldAtOnce)) <= MostSignals).Select(one => one.EnrollmentId)];
    }

    static int LimitApart(Proto.ChunkRequested chunk) => Math.Min(chunk.LimitInside(), Few);
}
