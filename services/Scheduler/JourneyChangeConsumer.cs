using System.Security.Cryptography;
using System.Text;
using Journeys.BuildingBlocks;
using MassTransit;
using Npgsql;
using Definition = Journeys.Protos.Definition.V1;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Scheduling;

/// <summary>Starts what moves of journeys and changes of audiences call for: sweeps, archiving, release.</summary>
/// <remarks>
/// No inbox: moves are numbered, and a job's id is derived from the move that started it, so a repeat finds both done.
/// </remarks>
public sealed class JourneyChangeConsumer(NpgsqlDataSource source, Wake<RunJobs> wake, TimeProvider time)
    : IConsumer<Proto.JourneyPublished>,
        IConsumer<Proto.JourneyPaused>,
        IConsumer<Proto.JourneyResumed>,
        IConsumer<Proto.JourneyArchived>,
        IConsumer<Proto.JourneyRestored>,
        IConsumer<Proto.AudienceChanged>
{
    public Task Consume(ConsumeContext<Proto.JourneyPublished> context)
    {
        var design = context.Message.Version.Design;
        Guid? audienceId = Guid.TryParseExact(design.AudienceId, "D", out var id) ? id : null;
        return HandleAsync(
            context.Message.State,
            design.AutoEnroll && audienceId is not null ? "AUDIENCE_SWEEP" : null,
            (transaction, siteId, journeyId, ct) => JourneyStore.ApplyVersionAsync(
                transaction, siteId, journeyId, context.Message.Version.Version_, audienceId, design.AutoEnroll, ct),
            context.CancellationToken);
    }

    public Task Consume(ConsumeContext<Proto.JourneyPaused> context) => HandleAsync(context.Message.State, null, null, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyResumed> context) => HandleAsync(context.Message.State, "RELEASE", null, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyArchived> context) => HandleAsync(
        context.Message.State, "ARCHIVE", (transaction, siteId, journeyId, ct) => TimerStore.DropOfJourneyAsync(transaction, siteId, journeyId, ct),
        context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyRestored> context) => HandleAsync(context.Message.State, null, null, context.CancellationToken);

    public async Task Consume(ConsumeContext<Proto.AudienceChanged> context)
    {
        var (message, ct) = (context.Message, context.CancellationToken);
        var (siteId, audienceId) = (Guid.Parse(message.SiteId), Guid.Parse(message.AudienceId));
        await source.InTransactionAsync(
            async transaction =>
            {
                await JourneyStore.ApplyAudienceAsync(
                    transaction, siteId, audienceId, message.Revision, TimeDependence.Of(message.Rule), TimeDependence.AudiencesOf(message.Rule), ct);
                foreach (var journeyId in await JourneyStore.ListSweptByAsync(transaction, siteId, audienceId, ct))
                    await StartAsync(transaction, siteId, journeyId, "AUDIENCE_SWEEP", $"audience/{audienceId}/{message.Revision}", ct);
            },
            ct);
        wake.Set();
    }

    async Task HandleAsync(
        Proto.JourneyState state, string? job, Func<NpgsqlTransaction, Guid, Guid, CancellationToken, Task>? more, CancellationToken ct)
    {
        var (siteId, journeyId) = (Guid.Parse(state.SiteId), Guid.Parse(state.JourneyId));
        await source.InTransactionAsync(
            async transaction =>
            {
                var status = state.Status switch
                {
                    Definition.Journey.Types.Status.Published => "PUBLISHED",
                    Definition.Journey.Types.Status.Paused => "PAUSED",
                    Definition.Journey.Types.Status.Archived => "ARCHIVED",
                    _ => "DRAFT",
                };
                var isNews = await JourneyStore.ApplyStateAsync(transaction, siteId, journeyId, state.ChangeNo, status, ct);
                if (more is not null)
                    await more(transaction, siteId, journeyId, ct);
                if (isNews && job is not null)
                    await StartAsync(transaction, siteId, journeyId, job, $"change/{state.ChangeNo}", ct);
            },
            ct);
        wake.Set();
    }

    // A newer sweep looks at everybody again, so an older one that still runs may end: nobody is skipped.
    async Task StartAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, string kind, string cause, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{journeyId}/{kind}/{cause}"));
        var jobId = new Guid(hash.AsSpan(0, 16));
        await JobStore.CancelOlderAsync(transaction, siteId, journeyId, kind, jobId, now, ct);
        await JobStore.AddAsync(transaction, siteId, jobId, kind, journeyId, "", 0, now, ct);
    }
}
