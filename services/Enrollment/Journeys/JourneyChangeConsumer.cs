using MassTransit;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Journeys;

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
    public Task Consume(ConsumeContext<Proto.JourneyPublished> context) => apply.PublishedAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyPaused> context) => apply.PausedAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyResumed> context) => apply.ResumedAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyArchived> context) => apply.ArchivedAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyRestored> context) => apply.RestoredAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.AudienceChanged> context) => apply.AudienceChangedAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneysHaltChanged> context) => apply.JourneysHaltChangedAsync(context.Message, context.CancellationToken);
}
