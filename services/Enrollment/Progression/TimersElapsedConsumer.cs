using Journeys.BuildingBlocks.Messages;
using Journeys.Engine;
using Journeys.Enrollments.RowFaults;
using MassTransit;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Progression;

/// <summary>Wakes the enrollments whose waits have ended.</summary>
public sealed class TimersElapsedConsumer(AdvanceEnrollments advance, CallsFirst callsFirst, SlowSites slowSites) : IConsumer<Proto.TimersElapsed>
{
    // No inbox: a timer acts only on the visit it was made for, so a second delivery changes nothing.
    public Task Consume(ConsumeContext<Proto.TimersElapsed> context)
    {
        var slow = slowSites.Begin();
        return callsFirst.RunAsync(
            [.. context.Message.Timers.Select(timer => new SignalDelivery(
                Guid.Parse(timer.SiteId), Guid.Parse(timer.EnrollmentId), new Signal.TimerElapsed(timer.VisitNo)))],
            delivery => delivery.SiteId,
            deliveries => advance.HandleAsync(deliveries, context.CancellationToken, slow),
            context.CancellationToken,
            slow.IsLast);
    }
}
