using MassTransit;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Does slices of jobs.</summary>
/// <remarks>Idempotent by the answers that <see cref="RunChunk"/> remembers.</remarks>
public sealed class ChunkRequestedConsumer(RunChunk run) : IConsumer<Proto.ChunkRequested>
{
    public Task Consume(ConsumeContext<Proto.ChunkRequested> context) => run.HandleAsync(context.Message, context.CancellationToken);
}
