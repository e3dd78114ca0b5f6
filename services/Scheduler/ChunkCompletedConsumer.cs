using Journeys.BuildingBlocks;
using MassTransit;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Scheduling;

/// <summary>Advances a job after one of its chunks.</summary>
public sealed class ChunkCompletedConsumer(JobStore store, Wake<SendChunks> wake, TimeProvider time) : IConsumer<Proto.ChunkCompleted>
{
    // No inbox: only an answer to the chunk in flight moves the cursor, so a repeated or late one changes nothing.
    public async Task Consume(ConsumeContext<Proto.ChunkCompleted> context)
    {
        await store.AnswerAsync(Guid.Parse(context.Message.JobId), context.Message, time.GetUtcNow(), context.CancellationToken);
        wake.Set();
    }
}
