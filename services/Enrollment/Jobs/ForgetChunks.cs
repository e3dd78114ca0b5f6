using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Stops;
using Npgsql;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>
/// Removes the answers of jobs whose chunks have not been requested for a day, with the rules that these jobs needed,
/// unless the Scheduler is still waiting for one of their chunks.
/// </summary>
public sealed class ForgetChunks(
    NpgsqlDataSource source, Scheduler.SchedulerService.SchedulerServiceClient scheduler, TimeProvider time, ILogger<ForgetChunks> logger) : IChore
{
    const int Batch = 100;

    // One that is not answered may be slow for its own sake. After so many, the others come with a later run.
    const int MostUnanswered = 3;
    static readonly TimeSpan Quiet = TimeSpan.FromDays(1);

    // An undo that was requested in time may have a low rate.
    static readonly TimeSpan UndoMayTake = TimeSpan.FromDays(7);
    const int MostStopped = 5_000;
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var forgotten = await StoppedStore.ForgetOldAsync(source, now - UndoMayTake, MostStopped, ct);
        await ChunkStore.AddMissingAsync(source, now - Quiet, now, Batch, ct);
        var quiet = await ChunkStore.ListQuietAsync(source, now - Quiet, Batch, ct);
        var unanswered = 0;
        foreach (var (jobId, chunkNo) in quiet)
        {
            var keep = true;
            try
            {
                keep = await IsWaitingAsync(jobId, chunkNo, ct);
            }
            catch (RpcException exception) when (!ct.IsCancellationRequested)
            {
                // Kept for another while and behind all others, so that it hides none of them.
                logger.LogWarning(
                    "The Scheduler cannot say whether it still waits for job {JobId} ({Status}); the answer of its chunk {ChunkNo} is kept",
                    jobId, exception.StatusCode, chunkNo);
                if (exception.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
                    unanswered++;
            }

            if (keep)
                await ChunkStore.KeepAsync(source, jobId, now, ct);
            else
                await ForgetAsync(jobId, chunkNo, now, ct);
            if (unanswered == MostUnanswered)
                return Interval;
        }

        return quiet.Count == Batch || forgotten == MostStopped ? TimeSpan.Zero : Interval;
    }

    // If the Scheduler has not received the answer, it will request the chunk again. If it has, it requests the next
    // one when the job's turn comes.
    async Task<bool> IsWaitingAsync(Guid jobId, int chunkNo, CancellationToken ct)
    {
        foreach (var wanted in new[] { chunkNo, chunkNo + 1 })
        {
            var answer = await scheduler.CheckChunkAsync(
                new() { JobId = jobId.ToString(), ChunkNo = wanted }, ServiceCall.For(ServiceCall.AllSites, ct));
            if (answer.Wanted)
                return true;
        }

        return false;
    }

    // A rule may name a person, so it stays no longer than the job. All in one transaction: without the record nothing
    // would lead to the rule.
    Task ForgetAsync(Guid jobId, int chunkNo, DateTimeOffset now, CancellationToken ct) => source.InTransactionAsync(
        async transaction =>
        {
            if (!await ChunkStore.ForgetAsync(transaction, jobId, chunkNo, now - Quiet, ct))
                return;

            await RuleEnrollmentStore.ForgetAsync(transaction, jobId, ct);
            await StopStore.ForgetAsync(transaction, jobId, now, ct);
        },
        ct);
}
