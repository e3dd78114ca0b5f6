using Journeys.BuildingBlocks;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Erasure;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Removes the rows of an erased user.</summary>
public sealed class EraseRows(Outbox outbox) : IChunkWork
{
    // Of each table.
    const int RowsPerChunk = 5_000;

    public Kind Kind => Kind.Erasure;

    public async Task<ChunkResult> RunAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, bool apart, CancellationToken ct)
    {
        var erasure = await ErasureStore.FindAsync(transaction, Guid.Parse(chunk.SiteId), Guid.Parse(chunk.SubjectId), ct);
        if (erasure is not null)
        {
            var isLast = await ErasureStore.RemoveSliceAsync(transaction, erasure, RowsPerChunk, ct);
            var visits = await ErasureStore.RemoveVisitsAsync(transaction, erasure, RowsPerChunk, ct);
            // Of every visit: the cancelling of an earlier one may have overtaken its request.
            await outbox.AddAsync(transaction, EnrollmentMessages.Cancel(erasure.SiteId, visits), ct);
            if (!isLast || visits.Count == RowsPerChunk)
                return new ChunkResult(new(), []);

            await ErasureStore.EndAsync(transaction, erasure, ct);
        }

        return new(new() { Done = 1, Changed = 1, Total = 1, Last = true }, []);
    }
}
