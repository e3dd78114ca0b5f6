using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.Copies;
using Journeys.Protos;
using Npgsql;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Journeys;

/// <summary>Applies what Definition decided. The same change arrives by call and by message, in any order and more than once.</summary>
/// <remarks>Idempotent: a move acts only if its number is higher than the stored one, and a version is immutable.</remarks>
public sealed class ApplyJourneyChange(NpgsqlDataSource source, JourneyCatalog catalog)
{
    /// <summary>Takes over any change of a journey, an audience or the halt of a site.</summary>
    public Task HandleAsync(IMessage change, CancellationToken ct) => change switch
    {
        Proto.JourneyPublished published => PublishedAsync(published, ct),
        Proto.JourneyPaused paused => PausedAsync(paused, ct),
        Proto.JourneyResumed resumed => ResumedAsync(resumed, ct),
        Proto.JourneyArchived archived => ArchivedAsync(archived, ct),
        Proto.JourneyRestored restored => RestoredAsync(restored, ct),
        Proto.AudienceChanged audience => AudienceChangedAsync(audience, ct),
        Proto.JourneysHaltChanged halt => JourneysHaltChangedAsync(halt, ct),
        _ => throw new ArgumentException($"{change.Descriptor.FullName} is not a change of a journey, an audience or a site.", nameof(change)),
    };

    public Task PublishedAsync(Proto.JourneyPublished message, CancellationToken ct) =>
        InSiteAsync(
            ChangeCheck.State(message.State).SiteId,
            async (transaction, siteId) =>
            {
                var version = ChangeCheck.Version(message.Version);
                await JourneyStore.AddVersionAsync(
                    transaction, siteId, Guid.Parse(message.State.JourneyId), version.Version_, version.ToByteArray(), ct);
                await ApplyStateAsync(transaction, message.State, resumed: false, ct);
            },
            ct);

    public Task PausedAsync(Proto.JourneyPaused message, CancellationToken ct) => MovedAsync(message.State, resumed: false, ct);

    public Task ResumedAsync(Proto.JourneyResumed message, CancellationToken ct) => MovedAsync(message.State, resumed: true, ct);

    public Task ArchivedAsync(Proto.JourneyArchived message, CancellationToken ct) => MovedAsync(message.State, resumed: false, ct);

    public Task RestoredAsync(Proto.JourneyRestored message, CancellationToken ct) => MovedAsync(message.State, resumed: false, ct);

    public Task AudienceChangedAsync(Proto.AudienceChanged message, CancellationToken ct) =>
        InSiteAsync(
            message.SiteId,
            (transaction, siteId) => JourneyStore.ApplyAudienceAsync(
                transaction, siteId, Guid.Parse(message.AudienceId), message.Revision, message.Name,
                message.Deleted ? null : Check.Present(message.Rule, "rule").ToByteArray(), ct),
            ct);

    /// <summary>A halt is in force for all journeys of the site once this returns.</summary>
    /// <remarks>
    /// Each journey in a transaction of its own: whoever is being let into several keeps them from changing, and waits for none that is kept here. Where
    /// a crash comes in between, the message comes again.
    /// </remarks>
    public async Task JourneysHaltChangedAsync(Proto.JourneysHaltChanged message, CancellationToken ct)
    {
        IReadOnlyList<Guid> unsettled = [];
        await InSiteAsync(
            message.SiteId,
            async (transaction, siteId) =>
            {
                await SiteHaltStore.ApplyAsync(
                    transaction, siteId, message.ChangeNo, message.Halted, Check.Present(message.Time, "time").ToDateTimeOffset(), ct);
                unsettled = await SiteHaltStore.ListUnsettledAsync(transaction, siteId, ct);
            },
            ct);
        Crash.At(CrashPoint.HaltNoted);

        foreach (var journeyId in unsettled)
            await InSiteAsync(message.SiteId, (transaction, siteId) => JourneyStore.SettleAsync(transaction, siteId, journeyId, ct), ct);
    }

    Task MovedAsync(Proto.JourneyState state, bool resumed, CancellationToken ct) =>
        InSiteAsync(ChangeCheck.State(state).SiteId, (transaction, _) => ApplyStateAsync(transaction, state, resumed, ct), ct);

    static Task ApplyStateAsync(NpgsqlTransaction transaction, Proto.JourneyState state, bool resumed, CancellationToken ct)
    {
        var journey = new JourneyRow
        {
            SiteId = Guid.Parse(state.SiteId),
            JourneyId = Guid.Parse(state.JourneyId),
            ChangeNo = state.ChangeNo,
            Status = state.Status.Text(),
            Version = state.Version,
        };
        return JourneyStore.ApplyStateAsync(transaction, journey, Check.Present(state.Time, "time").ToDateTimeOffset(), resumed, ct);
    }

    async Task InSiteAsync(string site, Func<NpgsqlTransaction, Guid, Task> apply, CancellationToken ct)
    {
        var siteId = Guid.Parse(site);
        await source.InTransactionAsync(
            async transaction =>
            {
                // One after the other, so that a journey that moves and a halt of its site find each other.
                await Quota.TakeTurnAsync(transaction, "enrollment.catalog", siteId, ct);
                await apply(transaction, siteId);
                await JourneyStore.TouchCatalogAsync(transaction, siteId, ct);
            },
            ct);
        catalog.Forget(siteId);
    }
}
