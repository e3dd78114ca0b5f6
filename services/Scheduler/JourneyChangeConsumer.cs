using MassTransit;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Scheduling;

/// <summary>Receives the changes from Definition.</summary>
/// <remarks>No inbox: <see cref="ApplyJourneyChange"/> recognizes by number the changes that it has applied.</remarks>
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
