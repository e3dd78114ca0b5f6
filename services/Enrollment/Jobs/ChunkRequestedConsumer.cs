using Journeys.BuildingBlocks.Messages;
using MassTransit;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Processes chunks of jobs.</summary>
/// <remarks>Idempotent, because <see cref="ProcessChunk"/> stores its answers.</remarks>
public sealed class ChunkRequestedConsumer(ProcessChunk process, CallsFirst callsFirst) : IConsumer<Proto.ChunkRequested>
{
    public Task Consume(ConsumeContext<Proto.ChunkRequested> context) => callsFirst.RunAsync(
        Guid.Parse(context.Message.SiteId), context.Message.Limit, () => process.HandleAsync(context.Message, context.CancellationToken),
        context.CancellationToken);
}
