using MassTransit;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Does slices of jobs.</summary>
/// <remarks>No inbox: a slice that comes again finds its work done, and the Scheduler ignores an answer to a slice it is past.</remarks>
public sealed class ChunkRequestedConsumer(RunChunk run) : IConsumer<Proto.ChunkRequested>
{
    public Task Consume(ConsumeContext<Proto.ChunkRequested> context) => run.HandleAsync(context.Message, context.CancellationToken);
}
