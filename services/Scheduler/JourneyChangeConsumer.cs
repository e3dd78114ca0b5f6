using MassTransit;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Scheduling;

/// <summary>Hears of everything that Definition decides.</summary>
/// <remarks>No inbox: <see cref="ApplyJourneyChange"/> recognises what it has seen by number.</remarks>
public sealed class JourneyChangeConsumer(ApplyJourneyChange apply)
    : IConsumer<Proto.JourneyPublished>,
        IConsumer<Proto.JourneyPaused>,
        IConsumer<Proto.JourneyResumed>,
        IConsumer<Proto.JourneyArchived>,
        IConsumer<Proto.JourneyRestored>,
        IConsumer<Proto.AudienceChanged>,
        IConsumer<Proto.JourneysHaltChanged>
{
    public Task Consume(ConsumeContext<Proto.JourneyPublished> context) => apply.HandleAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyPaused> context) => apply.HandleAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyResumed> context) => apply.HandleAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyArchived> context) => apply.HandleAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyRestored> context) => apply.HandleAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.AudienceChanged> context) => apply.HandleAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneysHaltChanged> context) => apply.HandleAsync(context.Message, context.CancellationToken);
}
