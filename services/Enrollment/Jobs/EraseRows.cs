using Journeys.BuildingBlocks.Outboxes;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Erasure;
using Journeys.Enrollments.Profiles;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Removes the rows of an erased user, and the user's ids from unpublished messages.</summary>
public sealed class EraseRows(RedactOutbox redact, Outbox outbox) : IChunkWork
{
    // The limit for each table.
    const int RowsPerChunk = 5_000;

    public Kind Kind => Kind.Erasure;

    public async Task<ChunkResult> RunAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, Exception? failure, CancellationToken ct)
    {
        var erasure = await ErasureStore.FindAsync(transaction, Guid.Parse(chunk.SiteId), Guid.Parse(chunk.SubjectId), ct);
        if (erasure is not null)
        {
            var (siteId, profileId, enrollmentIds) = (erasure.SiteId, erasure.ProfileId, erasure.EnrollmentIds);
            var events = await EventStore.RemoveAsync(transaction, siteId, profileId, RowsPerChunk, ct);
            var outcomes = await ContentOutcomeStore.RemoveAsync(transaction, siteId, profileId, RowsPerChunk, ct);
            var answers = await ResponseStore.RemoveAsync(transaction, siteId, enrollmentIds, RowsPerChunk, ct);
            var signals = await HeldSignalStore.DropAsync(transaction, siteId, enrollmentIds, RowsPerChunk, ct);
            await StoppedStore.ForgetAsync(transaction, siteId, enrollmentIds, ct);
            var visits = await VisitStore.RemoveAsync(transaction, siteId, enrollmentIds, RowsPerChunk, ct);
            // Cancels the timers of all visits, because the Scheduler may still have a record of a cancelled timer of
            // an earlier visit.
            await outbox.AddAsync(transaction, EnrollmentMessages.Cancel(siteId, visits), ct);
            var isRedacted = await redact.ContinueAsync(transaction, siteId, profileId, ct);
            if (!isRedacted || new[] { events, outcomes, answers, signals, visits.Count }.Max() == RowsPerChunk)
                return new ChunkResult(new(), []);

            await ErasureStore.EndAsync(transaction, erasure, ct);
        }

        return new(new() { Done = 1, Changed = 1, Total = 1, Last = true }, []);
    }
}
