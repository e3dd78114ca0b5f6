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
            async (transaction, journey, _) =>
            {
                await JourneyStore.ApplyVersionAsync(
                    transaction, journey.SiteId, journey.JourneyId, context.Message.Version.Version_, audienceId, design.AutoEnroll, context.CancellationToken);
                if (design.AutoEnroll && audienceId is not null)
                    await StartAsync(transaction, journey, "AUDIENCE_SWEEP", context.CancellationToken);
            },
            context.CancellationToken);
    }

    public Task Consume(ConsumeContext<Proto.JourneyPaused> context) =>
        HandleAsync(context.Message.State, static (_, _, _) => Task.CompletedTask, context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyResumed> context) => HandleAsync(
        context.Message.State,
        async (transaction, journey, _) =>
        {
            await StartAsync(transaction, journey, "RELEASE", context.CancellationToken);
            // Whoever came to match during the pause was let in nowhere.
            if (await JourneyStore.AutoEnrollsAsync(transaction, journey.SiteId, journey.JourneyId, context.CancellationToken))
                await StartAsync(transaction, journey, "AUDIENCE_SWEEP", context.CancellationToken);
        },
        context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyArchived> context) => HandleAsync(
        context.Message.State,
        async (transaction, journey, isNews) =>
        {
            // Old news must not take the timers of people who came in after the journey was published again.
            if (isNews)
                await TimerStore.DropOfJourneyAsync(transaction, journey.SiteId, journey.JourneyId, context.CancellationToken);
            await StartAsync(transaction, journey, "ARCHIVE", context.CancellationToken);
        },
        context.CancellationToken);

    public Task Consume(ConsumeContext<Proto.JourneyRestored> context) =>
        HandleAsync(context.Message.State, static (_, _, _) => Task.CompletedTask, context.CancellationToken);

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
                    await StartAsync(transaction, new(siteId, journeyId, $"audience/{audienceId}/{message.Revision}"), "AUDIENCE_SWEEP", ct);
            },
            ct);
        wake.Set();
    }

    // What is to be done follows even from old news, because it may be the only news of its kind; a job's id keeps a repeat from starting anything.
    async Task HandleAsync(Proto.JourneyState state, Func<NpgsqlTransaction, Changed, bool, Task> follow, CancellationToken ct)
    {
        var journey = new Changed(Guid.Parse(state.SiteId), Guid.Parse(state.JourneyId), $"change/{state.ChangeNo}");
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
                var isNews = await JourneyStore.ApplyStateAsync(transaction, journey.SiteId, journey.JourneyId, state.ChangeNo, status, ct);
                await follow(transaction, journey, isNews);
            },
            ct);
        wake.Set();
    }

    // A newer sweep looks at everybody again, so an older one that still runs may end: nobody is skipped.
    async Task StartAsync(NpgsqlTransaction transaction, Changed journey, string kind, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{journey.JourneyId}/{kind}/{journey.Cause}"));
        var jobId = new Guid(hash.AsSpan(0, 16));
        if (await JobStore.AddAsync(transaction, journey.SiteId, jobId, kind, journey.JourneyId, "", 0, now, ct))
            await JobStore.CancelOlderAsync(transaction, journey.SiteId, journey.JourneyId, kind, jobId, now, ct);
    }

    sealed record Changed(Guid SiteId, Guid JourneyId, string Cause);
}
