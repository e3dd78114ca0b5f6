using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.Enrollments.Enrollments;
using Npgsql;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>
/// Removes the answers of jobs whose chunks have not been requested for a day, unless the Scheduler is still waiting
/// for that answer.
/// </summary>
public sealed class ForgetChunks(
    NpgsqlDataSource source, Scheduler.SchedulerService.SchedulerServiceClient scheduler, TimeProvider time, ILogger<ForgetChunks> logger) : IChore
{
    const int Batch = 100;

    // One that is not answered may be slow for its own sake. After so many, the others come with a later run.
    const int MostUnanswered = 3;
    static readonly TimeSpan Quiet = TimeSpan.FromDays(1);
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var quiet = await ChunkStore.ListQuietAsync(source, now - Quiet, Batch, ct);
        var unanswered = 0;
        foreach (var (jobId, chunkNo) in quiet)
        {
            var keep = true;
            try
            {
                // The chunk is processed but the Scheduler has not received the answer, so it will request the chunk
                // again.
                keep = (await scheduler.CheckChunkAsync(
                    new() { JobId = jobId.ToString(), ChunkNo = chunkNo }, ServiceCall.For(ServiceCall.AllSites, ct))).Wanted;
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

            // A rule may name a person, so it stays no longer than the job.
            if (await ChunkStore.ForgetAsync(source, jobId, chunkNo, keep, now - Quiet, now, ct))
                await RuleEnrollmentStore.ForgetAsync(source, jobId, ct);
            if (unanswered == MostUnanswered)
                return Interval;
        }

        return quiet.Count == Batch ? TimeSpan.Zero : Interval;
    }
}
