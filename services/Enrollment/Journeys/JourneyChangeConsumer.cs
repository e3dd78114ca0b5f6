using MassTransit;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Journeys;

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
    public Task Consume(ConsumeContext<Proto.JourneyPublished> context) => apply.PublishedAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyPaused> context) => apply.PausedAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyResumed> context) => apply.ResumedAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyArchived> context) => apply.ArchivedAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyRestored> context) => apply.RestoredAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.AudienceChanged> context) => apply.AudienceChangedAsync(context.Message, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneysHaltChanged> context) => apply.JourneysHaltChangedAsync(context.Message, context.CancellationToken);
}
