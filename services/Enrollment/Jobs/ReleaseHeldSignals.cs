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

/// <summary>
/// Applies signals that were held while a journey was paused, and then stores the waits that pauses made longer.
/// </summary>
public sealed class ReleaseHeldSignals(NpgsqlDataSource source, MoveQueries moves, AdvanceEnrollments advance, SetFaultyAside faulty) : IChunkWork
{
    // The size of a batch after a larger one has failed or timed out.
    const int Few = 100;

    // The maximum number of signals that one chunk applies.
    const int MostSignals = 5_000;

    // Maximum duration of a count that only the progress needs.
    static readonly TimeSpan LongestCount = TimeSpan.FromSeconds(10);

    public Kind Kind => Kind.Release;

    /// <summary>Sets aside those of the next few enrollments whose held signals cannot be applied.</summary>
    public async Task<bool> PartAsync(Proto.ChunkRequested chunk, CancellationToken ct)
    {
        var (siteId, journeyId) = chunk.Subject();
        var limit = LimitApart(chunk);
        var next = await source.InTransactionAsync(
            async transaction =>
            {
                if (IsThawing(chunk))
                    return (await FrozenWaitQueries.ListAsync(transaction, siteId, journeyId, chunk.After(), limit, ct)).EnrollmentIds;
                var holding = await HeldSignalStore.ListEnrollmentsAsync(transaction, siteId, journeyId, limit, ct);
                return [.. holding.Select(one => one.EnrollmentId)];
            },
            ct);
        await faulty.HandleAsync(siteId, next, [], ct);
        return true;
    }

    public async Task<ChunkResult> RunAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, Exception? failure, CancellationToken ct)
    {
        var (siteId, journeyId) = chunk.Subject();
        // Waits for transactions that read the status before the resume, because they may still be storing held
        // signals.
        if (chunk.ChunkNo == 1)
            await moves.WaitForEarlierAsync(siteId, chunk, ct);
        var limit = failure is null ? chunk.LimitInside() : LimitApart(chunk);
        if (IsThawing(chunk))
            return await ThawAsync(transaction, chunk, limit, isApart: failure is not null, ct);

        await HeldSignalStore.DropOfEndedAsync(transaction, siteId, journeyId, ct);
        // Only for the progress that is shown: nobody waits for a long count.
        var (_, frozen) = chunk.ChunkNo == 1 && failure is null
            ? await transaction.WithinAsync(LongestCount, () => FrozenWaitQueries.CountAsync(transaction, siteId, journeyId, ct), ct)
            : (true, 0);
        var total = chunk.ChunkNo == 1 ? frozen + await HeldSignalStore.CountEnrollmentsAsync(transaction, siteId, journeyId, ct) : 0;
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
        // The waits that pauses made longer follow.
        var isThawing = isLast && await FrozenWaitQueries.MayBeAsync(transaction, siteId, journeyId, ct);
        return new(
            new()
            {
                Done = finished.Count,
                Changed = finished.Count(enrollment => enrollment.HasChanged),
                Total = total,
                NextCursor = isThawing ? Guid.Empty.ToString() : "",
                Last = isLast && !isThawing,
            },
            enrollments);
    }

    static bool IsThawing(Proto.ChunkRequested chunk) => chunk.Cursor.Length > 0;

    // Loading an enrollment makes its wait longer, and its timer is requested again.
    async Task<ChunkResult> ThawAsync(
        NpgsqlTransaction transaction, Proto.ChunkRequested chunk, int limit, bool isApart, CancellationToken ct)
    {
        var (siteId, journeyId) = chunk.Subject();
        var (enrollmentIds, next) = await FrozenWaitQueries.ListAsync(transaction, siteId, journeyId, chunk.After(), limit, ct);
        var locked = await EnrollmentStore.LockActiveAsync(transaction, [.. enrollmentIds.Select(_ => siteId)], [.. enrollmentIds], ct);
        // The next resume starts a job for the rest.
        if (locked.Rows.Any(row => row.JourneyStatus == JourneyStatuses.Paused))
            return ChunkResult.Nothing();

        var enrollments = new List<Enrollment>();
        foreach (var rows in locked.Rows.Chunk(isApart ? 1 : limit))
            enrollments.AddRange(await advance.ApplyAsync(transaction, locked with { Rows = rows }, static _ => [], ct));
        return new(
            new()
            {
                Done = enrollmentIds.Count,
                Changed = enrollments.Count(enrollment => enrollment.Row.WakeAt != enrollment.Loaded?.WakeAt),
                NextCursor = next?.ToString() ?? "",
                Last = next is null,
            },
            enrollments);
    }

    static List<Guid> Together(IReadOnlyList<(Guid EnrollmentId, int Signals)> holding)
    {
        var signals = 0;
        return [.. holding.TakeWhile(one => (signals += Math.Min(one.Signals, Enrollment.MostHeldAtOnce)) <= MostSignals).Select(one => one.EnrollmentId)];
    }

    static int LimitApart(Proto.ChunkRequested chunk) => Math.Min(chunk.LimitInside(), Few);
}
