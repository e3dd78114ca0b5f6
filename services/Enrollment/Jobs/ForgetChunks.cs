using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
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
    static readonly TimeSpan Quiet = TimeSpan.FromDays(1);
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var quiet = await ChunkStore.ListQuietAsync(source, now - Quiet, Batch, ct);
        foreach (var (jobId, chunkNo) in quiet)
        {
            try
            {
                // The chunk is processed but the Scheduler has not received the answer, so it will request the chunk
                // again.
                var isAwaited = await scheduler.CheckChunkAsync(
                    new() { JobId = jobId.ToString(), ChunkNo = chunkNo }, ServiceCall.For(ServiceCall.AllSites, ct));
                await ChunkStore.ForgetAsync(source, jobId, chunkNo, isAwaited.Wanted, now - Quiet, now, ct);
            }
            catch (RpcException exception) when (!ct.IsCancellationRequested)
            {
                logger.LogInformation("The Scheduler does not answer ({Status}); answered chunks of jobs are kept until it does", exception.StatusCode);
                return Interval;
            }
        }

        return quiet.Count == Batch ? TimeSpan.Zero : Interval;
    }
}
