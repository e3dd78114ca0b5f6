using Journeys.BuildingBlocks;
using MassTransit;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Scheduling;

/// <summary>Stores the timers that enrollments request.</summary>
public sealed class TimersRequestedConsumer(TimerStore store, Wake<SendDueTimers> wake) : IConsumer<Proto.TimersRequested>
{
    // No inbox: (enrollment, visit) is the key, so a second delivery changes nothing. A request that arrives after its
    // timer was sent makes it go off again, for a visit that is no longer current.
    public async Task Consume(ConsumeContext<Proto.TimersRequested> context)
    {
        await store.AddAsync([.. context.Message.Timers.Select(TimerMapping.ToRow)], context.CancellationToken);
        wake.Set();
    }
}
