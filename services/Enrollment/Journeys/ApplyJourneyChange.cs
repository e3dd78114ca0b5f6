using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Copies;
using Journeys.Engine;
using Journeys.Protos;
using Npgsql;
using Definition = Journeys.Protos.Definition.V1;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Journeys;

/// <summary>
/// Applies changes from Definition. The same change arrives by call and by message, in any order and more than once.
/// </summary>
/// <remarks>
/// Idempotent: a change is applied only if its number is higher than the stored one, or the same with a later time.
/// </remarks>
public sealed class ApplyJourneyChange(NpgsqlDataSource source, JourneyCatalog catalog, Divergence divergence, TimeProvider time, ILogger<ApplyJourneyChange> logger)
{
    // Lock timeouts of the successive attempts. A change waits for the transactions that enroll people in its journey, and later enrollments wait behind
    // it, so the first attempts are short. Later ones are longer, because a chunk may hold the lock for longer than a short attempt.
    static readonly TimeSpan[] Waits = [.. ((double[])[0.3, 0.3, 0.3, 1, 1, 2]).Select(TimeSpan.FromSeconds)];
    static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    /// <summary>Applies any change of a journey, of an audience or of the halt of a site.</summary>
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

    public async Task PublishedAsync(Proto.JourneyPublished message, CancellationToken ct)
    {
        var (state, version, isOther) = (ChangeCheck.State(message.State), ChangeCheck.Version(message.Version), false);
        await UnlessAppliedAsync(
            state,
            resumed: false,
            version,
            async (transaction, siteId) =>
            {
                isOther = await JourneyStore.AddVersionAsync(
                    transaction, siteId, Guid.Parse(state.JourneyId), version.Version_, version.ToByteArray(),
                    version.PublishTime.ToDateTimeOffset(), ct);
                await ApplyStateAsync(transaction, state, resumed: false, policy: null, ct);
            },
            ct);
        if (!isOther)
            return;

        divergence.Repaired("version");
        logger.LogError(
            "Version {Version} of journey {JourneyId} of site {SiteId} was replaced, as after a restore of Definition from a backup; people in the lost version continue in this one",
            version.Version_, state.JourneyId, state.SiteId);
    }

    public Task PausedAsync(Proto.JourneyPaused message, CancellationToken ct) => MovedAsync(message.State, resumed: false, ct);

    public Task ResumedAsync(Proto.JourneyResumed message, CancellationToken ct) =>
        MovedAsync(message.State, resumed: true, ct, PausePolicy.Read(message.Policy));

    public Task ArchivedAsync(Proto.JourneyArchived message, CancellationToken ct) => MovedAsync(message.State, resumed: false, ct);

    public Task RestoredAsync(Proto.JourneyRestored message, CancellationToken ct) => MovedAsync(message.State, resumed: false, ct);

    public Task AudienceChangedAsync(Proto.AudienceChanged message, CancellationToken ct) =>
        InSiteAsync(
            message.SiteId,
            (transaction, siteId) => JourneyStore.ApplyAudienceAsync(
                transaction, siteId, Guid.Parse(message.AudienceId), message.Revision, message.Time?.ToDateTimeOffset(), message.Name,
                message.Deleted ? null : Check.Present(message.Rule, "rule").ToByteArray(), ct),
            ct);

    /// <summary>Applies a halt. All journeys of the site follow it once this returns.</summary>
    /// <remarks>
    /// Applies the halt to each journey in a transaction of its own. A transaction that enrolls a person in several
    /// journeys locks all of them, so one transaction for all journeys could deadlock with it. After a crash in
    /// between, the message is delivered again.
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

        await Settling.FreeFirstAsync(unsettled, (journeyId, waits) => SettleAsync(message.SiteId, journeyId, waits, ct));
    }

    // Returns false if it must not wait and another transaction has locked the journey.
    async Task<bool> SettleAsync(string site, Guid journeyId, bool waits, CancellationToken ct)
    {
        if (waits)
        {
            await InJourneyAsync(site, journeyId, (transaction, siteId) => JourneyStore.SettleAsync(transaction, siteId, journeyId, time.GetGiven(), ct), ct);
            return true;
        }

        var isSettled = false;
        await InSiteAsync(
            site,
            async (transaction, siteId) =>
            {
                isSettled = await JourneyLockStore.TryLockAsync(transaction, siteId, journeyId, ct);
                if (isSettled)
                    await JourneyStore.SettleAsync(transaction, siteId, journeyId, time.GetGiven(), ct);
            },
            ct);
        return isSettled;
    }

    Task MovedAsync(Proto.JourneyState news, bool resumed, CancellationToken ct, PausePolicy? policy = null)
    {
        var state = ChangeCheck.State(news);
        return UnlessAppliedAsync(
            state, resumed, version: null, (transaction, _) => ApplyStateAsync(transaction, state, resumed, policy, ct), ct);
    }

    async Task ApplyStateAsync(
        NpgsqlTransaction transaction, Proto.JourneyState state, bool resumed, PausePolicy? policy, CancellationToken ct)
    {
        var row = RowOf(state);
        await JourneyStore.ApplyStateAsync(transaction, row, MovedAt(state), resumed, policy, time.GetGiven(), ct);
        // Together, so that nothing finds the journey resumed and its waits not longer.
        if (state.FrozenPauses.Count > 0)
            await JourneyStore.AddFrozenPausesAsync(transaction, row.SiteId, row.JourneyId, PausesOf(state), time.GetGiven(), ct);
    }

    static List<FrozenPause> PausesOf(Proto.JourneyState state) =>
        [.. state.FrozenPauses.Select(pause => new FrozenPause(
            Check.Present(pause.PauseTime, "pauseTime").ToDateTimeOffset(),
            Check.Present(pause.ResumeTime, "resumeTime").ToDateTimeOffset()))];

    static JourneyRow RowOf(Proto.JourneyState state) => new()
    {
        SiteId = Guid.Parse(state.SiteId),
        JourneyId = Guid.Parse(state.JourneyId),
        ChangeNo = state.ChangeNo,
        Status = state.Status.Text(),
        Version = state.Version,
    };

    static DateTimeOffset MovedAt(Proto.JourneyState state) => Check.Present(state.Time, "time").ToDateTimeOffset();

    // A repeated change does not wait for enrollments in progress: the first application already waited for them.
    async Task UnlessAppliedAsync(
        Proto.JourneyState state, bool resumed, Definition.Version? version, Func<NpgsqlTransaction, Guid, Task> apply, CancellationToken ct)
    {
        if (await IsAppliedAsync(state, resumed, version, ct))
            catalog.Forget(Guid.Parse(state.SiteId));
        else
            await InJourneyAsync(state.SiteId, Guid.Parse(state.JourneyId), apply, ct);
    }

    async Task<bool> IsAppliedAsync(Proto.JourneyState state, bool resumed, Definition.Version? version, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var published = version is null ? ((int, DateTimeOffset)?)null : (version.Version_, version.PublishTime.ToDateTimeOffset());
        return await JourneyStore.IsAppliedAsync(connection, RowOf(state), MovedAt(state), resumed, PausesOf(state), published, ct);
    }

    async Task InJourneyAsync(string site, Guid journeyId, Func<NpgsqlTransaction, Guid, Task> apply, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                // Takes the journey's lock before the site's, because the site's lock must not be held while waiting
                // for a journey. So a busy journey delays no other change of the site.
                await InTurnAsync(
                    site,
                    (transaction, siteId) => JourneyLockStore.TakeTurnAsync(transaction, siteId, journeyId, Waits[tries - 1], ct),
                    async (transaction, siteId) =>
                    {
                        await JourneyLockStore.LockFreeAsync(transaction, siteId, journeyId, ct);
                        await apply(transaction, siteId);
                    },
                    ct);
                return;
            }
            catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable && tries < Waits.Length)
            {
                await Simulated.RestAsync(Rest, ct);
            }
        }
    }

    Task InSiteAsync(string site, Func<NpgsqlTransaction, Guid, Task> apply, CancellationToken ct) =>
        InTurnAsync(site, static (_, _) => Task.CompletedTask, apply, ct);

    async Task InTurnAsync(
        string site, Func<NpgsqlTransaction, Guid, Task> first, Func<NpgsqlTransaction, Guid, Task> apply, CancellationToken ct)
    {
        var siteId = Guid.Parse(site);
        await source.InTransactionAsync(
            async transaction =>
            {
                await first(transaction, siteId);
                // Changes of a site are applied one at a time, so that a change of a journey and a halt of its site see each other.
                await Quota.TakeTurnAsync(transaction, "enrollment.catalog", siteId, ct);
                await apply(transaction, siteId);
                await JourneyStore.TouchCatalogAsync(transaction, siteId, ct);
            },
            ct);
        catalog.Forget(siteId);
    }
}
