using Journeys.BuildingBlocks;
using MassTransit;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Scheduling;

/// <summary>Counts the repairs of Enrollment's watchdog.</summary>
public sealed class WakeUpsRepairedConsumer(RepairStore store) : IConsumer<Proto.WakeUpsRepaired>
{
    // Idempotent by the message's id.
    public Task Consume(ConsumeContext<Proto.WakeUpsRepaired> context) => store.NoteAsync(
        context.MessageId ?? FreshId.Make(), context.Message.Count, Check.Present(context.Message.Time, "time").ToDateTimeOffset(),
        context.CancellationToken);
}
