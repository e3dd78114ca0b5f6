using Journeys.BuildingBlocks;
using MassTransit;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Scheduling;

/// <summary>Stores the timers that enrollments request.</summary>
public sealed class TimersRequestedConsumer(TimerStore store, Wake<SendDueTimers> wake) : IConsumer<Proto.TimersRequested>
{
    // No inbox: (enrollment, visit) is the key, so a second delivery changes nothing. A request that arrives after its timer was sent makes it go
    // off again, for a visit that is no longer current.
    public async Task Consume(ConsumeContext<Proto.TimersRequested> context)
    {
        await store.AddAsync([.. context.Message.Timers.Select(TimerMapping.ToRow)], context.CancellationToken);
        wake.Set();
    }
}

/// <summary>Removes timers that are no longer needed.</summary>
public sealed class TimersCancelledConsumer(TimerStore store) : IConsumer<Proto.TimersCancelled>
{
    // No inbox: removing twice has the same effect. A cancellation that arrives before its request is stored, and the
    // request then changes nothing.
    public Task Consume(ConsumeContext<Proto.TimersCancelled> context) =>
        store.RemoveAsync([.. context.Message.Timers.Select(TimerMapping.ToRow)], context.CancellationToken);
}

/// <summary>Counts the repairs of Enrollment's watchdog.</summary>
public sealed class WakeUpsRepairedConsumer(RepairStore store) : IConsumer<Proto.WakeUpsRepaired>
{
    // Idempotent by the message's id.
    public Task Consume(ConsumeContext<Proto.WakeUpsRepaired> context) => store.NoteAsync(
        context.MessageId ?? FreshId.Make(), context.Message.Count, Check.Present(context.Message.Time, "time").ToDateTimeOffset(), context.CancellationToken);
}

static class TimerMapping
{
    public static TimerRow ToRow(Proto.Timer timer) => new()
    {
        SiteId = Guid.Parse(timer.SiteId),
        JourneyId = timer.JourneyId.Length > 0 ? Guid.Parse(timer.JourneyId) : default,
        EnrollmentId = Guid.Parse(timer.EnrollmentId),
        VisitNo = timer.VisitNo,
        DueAt = timer.DueTime?.ToDateTimeOffset() ?? default,
        ChangedAt = timer.ChangeTime?.ToDateTimeOffset(),
    };
}
