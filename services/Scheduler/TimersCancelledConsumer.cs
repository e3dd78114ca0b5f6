using MassTransit;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Scheduling;

/// <summary>Removes timers that are no longer needed.</summary>
public sealed class TimersCancelledConsumer(TimerStore store) : IConsumer<Proto.TimersCancelled>
{
    // No inbox: removing twice has the same effect. A cancellation that arrives before its request is stored, and the
    // request then changes nothing.
    public Task Consume(ConsumeContext<Proto.TimersCancelled> context) =>
        store.RemoveAsync([.. context.Message.Timers.Select(TimerMapping.ToRow)], context.CancellationToken);
}
