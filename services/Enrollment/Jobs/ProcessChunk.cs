using Google.Protobuf;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.RowFaults;
using Npgsql;
using Proto = Journeys.Protos.Events.V1;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Processes one chunk of a job and answers where the next one begins.</summary>
/// <remarks>
/// The work and the answer commit together, and the answer is stored: a repeated chunk does nothing, so counts are
/// exact. A chunk without a stored answer is processed only if its job is waiting for exactly that chunk, because an
/// old one may arrive days later, after its job has ended and its answer was removed.
/// </remarks>
public sealed class ProcessChunk(
    NpgsqlDataSource source, IEnumerable<IChunkWork> works, AfterCommit after, Scheduler.SchedulerService.SchedulerServiceClient scheduler,
    Outbox outbox, TimeProvider time, ILogger<ProcessChunk> logger)
{
    readonly Dictionary<Scheduler.Job.Types.Kind, IChunkWork> works = works.ToDictionary(work => work.Kind);

    /// <summary>
    /// Processes a chunk. Leaves out people who cannot be moved or enrolled, so that they do not affect the others.
    /// </summary>
    public async Task HandleAsync(Proto.ChunkRequested chunk, CancellationToken ct)
    {
        // The Scheduler requests the chunk again after a timeout, and a replica of the newer release may receive it
        // then.
        if (!works.TryGetValue(chunk.Kind, out var work))
        {
            logger.LogWarning(
                "Chunk {ChunkNo} of job {JobId} is of a kind ({Kind}) that this release does not know; it is left to a replica of a newer one",
                chunk.ChunkNo, chunk.JobId, chunk.Kind);
            return;
        }

        try
        {
            await HandleAsync(work, chunk, failure: null, ct);
        }
        catch (Exception failure) when (RowFault.Is(failure) || RowFault.TookTooLong(failure))
        {
            if (!await work.PartAsync(chunk, ct))
                throw;
            await HandleAsync(work, chunk, failure, ct);
        }
    }

    async Task HandleAsync(IChunkWork work, Proto.ChunkRequested chunk, Exception? failure, CancellationToken ct)
    {
        var enrollments = await source.InBackgroundAsync(
            async transaction =>
            {
                var (jobId, now) = (Guid.Parse(chunk.JobId), time.GetUtcNow());
                var (doneNo, answer) = await ChunkStore.LockAsync(transaction, jobId, now, ct);
                var newest = Proto.ChunkCompleted.Parser.ParseFrom(answer);
                if (chunk.ChunkNo == doneNo)
                {
                    await outbox.AddAsync(transaction, newest, ct);
                    return [];
                }

                // Asks while the record of the job is locked, so that no other delivery processes the chunk between
                // this answer and the work.
                if (!await IsWantedAsync(chunk, ct))
                    return [];
                if (chunk.ChunkNo < doneNo)
                {
                    await outbox.AddAsync(transaction, AnswerAnew(chunk, newest), ct);
                    return [];
                }

                await transaction.PlanAnewAsync(ct);
                var result = await RunAsync(transaction, work, chunk, failure, ct);
                result.Answer.JobId = chunk.JobId;
                result.Answer.ChunkNo = chunk.ChunkNo;
                Count(result.Answer, newest);
                await ChunkStore.SaveAnswerAsync(transaction, jobId, chunk.ChunkNo, result.Answer.ToByteArray(), ct);
                await outbox.AddAsync(transaction, result.Answer, ct);
                return result.Enrollments;
            },
            ct);

        outbox.Wake();
        after.Announce(enrollments);
    }

    // Answers a chunk that was processed long ago: the Scheduler's database was restored from a backup, and the job
    // waits for that chunk. The answer leads the job to the end of the newest chunk, and only that chunk is counted.
    static Proto.ChunkCompleted AnswerAnew(Proto.ChunkRequested chunk, Proto.ChunkCompleted newest)
    {
        var answer = newest.Clone();
        (answer.ChunkNo, answer.Done, answer.Changed) = (chunk.ChunkNo, 0, 0);
        return answer;
    }

    // Adds up the counts of a job. If earlier chunks are unknown here, as after an older release that did not add them
    // up, the Scheduler adds them up.
    static void Count(Proto.ChunkCompleted answer, Proto.ChunkCompleted before)
    {
        answer.Total = Math.Max(answer.Total, before.Total);
        if (answer.ChunkNo == 1)
            (answer.DoneSoFar, answer.ChangedSoFar) = (answer.Done, answer.Changed);
        else if (answer.ChunkNo == before.ChunkNo + 1 && before.HasDoneSoFar)
            (answer.DoneSoFar, answer.ChangedSoFar) = (before.DoneSoFar + answer.Done, before.ChangedSoFar + answer.Changed);
    }

    async Task<bool> IsWantedAsync(Proto.ChunkRequested chunk, CancellationToken ct)
    {
        var answer = await scheduler.CheckChunkAsync(
            new() { JobId = chunk.JobId, ChunkNo = chunk.ChunkNo }, ServiceCall.For(Guid.Parse(chunk.SiteId), ct));
        if (!answer.Wanted)
        {
            logger.LogWarning(
                "Chunk {ChunkNo} of job {JobId} ({Kind}) is not expected by its job; ignored", chunk.ChunkNo, chunk.JobId, chunk.Kind);
        }

        return answer.Wanted;
    }

    static async Task<ChunkResult> RunAsync(
        NpgsqlTransaction transaction, IChunkWork work, Proto.ChunkRequested chunk, Exception? failure, CancellationToken ct)
    {
        // Retried, and sent again by the Scheduler: changes arrive in any order, and a resume may reach the Scheduler
        // before this service.
        if (!await CopyQueries.HasHeardAsync(transaction, chunk, ct))
            throw new NotYet($"News of journey {chunk.JourneyId} that job {chunk.JobId} follows from has not arrived yet.");

        return await work.RunAsync(transaction, chunk, failure, ct);
    }
}
