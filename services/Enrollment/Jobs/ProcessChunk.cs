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

/// <summary>Does one chunk of a job and answers where the next one begins.</summary>
/// <remarks>
/// Work and answer commit together, and the answer is remembered: a chunk that comes again does nothing, so counts are exact too. A chunk that is not
/// remembered is done only if its job waits for just that one: an old one may come days later, when its job has ended and its answer is forgotten.
/// </remarks>
public sealed class ProcessChunk(
    NpgsqlDataSource source, IEnumerable<IChunkWork> works, AfterCommit after, Scheduler.SchedulerService.SchedulerServiceClient scheduler,
    Outbox outbox, TimeProvider time, ILogger<ProcessChunk> logger)
{
    readonly Dictionary<Scheduler.Job.Types.Kind, IChunkWork> works = works.ToDictionary(work => work.Kind);

    /// <summary>Does a chunk. Whoever cannot be moved or enrolled is left out of it, and keeps nobody else.</summary>
    public async Task HandleAsync(Proto.ChunkRequested chunk, CancellationToken ct)
    {
        // The Scheduler asks again when nobody answered for a time, and a newer replica may take it then.
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

                // With the memory of the job locked, so that nobody does the chunk between this answer and the work.
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

    // The database of the Scheduler came back from a backup, and with it a job that waits for a chunk that was done long ago. Step by step it comes to
    // where it was: what is left begins behind the newest chunk, and only that one is counted.
    static Proto.ChunkCompleted AnswerAnew(Proto.ChunkRequested chunk, Proto.ChunkCompleted newest)
    {
        var answer = newest.Clone();
        (answer.ChunkNo, answer.Done, answer.Changed) = (chunk.ChunkNo, 0, 0);
        return answer;
    }

    // Of a job whose earlier chunks are not known here, as after a release that did not add them up, the Scheduler adds up the chunks.
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
        // Retried, and sent again by the Scheduler: news travels in no order, and a resume may be at the Scheduler before it is here.
        if (!await CopyQueries.HasHeardAsync(transaction, chunk, ct))
            throw new NotYet($"News of journey {chunk.JourneyId} that job {chunk.JobId} follows from has not arrived yet.");

        return await work.RunAsync(transaction, chunk, failure, ct);
    }
}
