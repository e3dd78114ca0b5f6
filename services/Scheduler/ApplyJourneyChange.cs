using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Copies;
using Journeys.Protos;
using Npgsql;
using Definition = Journeys.Protos.Definition.V1;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Scheduling;

/// <summary>
/// Applies changes from Definition, and starts the jobs that follow from them: sweeps, archiving, release.
/// </summary>
/// <remarks>
/// Idempotent: moves, versions and revisions are numbered, and the id of a job is derived from the change that started
/// it, so that a repeat adds no second job. The id includes the time of the change, because a restored Definition
/// reuses numbers. If a copy is corrected back to an earlier change, the id of the correction is used instead, because
/// the jobs of that change must run again. Changes may arrive in any order; each chunk of a job names the newest
/// changes that this service has applied.
/// </remarks>
public sealed class ApplyJourneyChange(NpgsqlDataSource source, Wake<SendChunks> wake, Wake<ReleaseTimers> wakeRelease, TimeProvider time)
{
    public Task HandleAsync(IMessage change, CancellationToken ct) => change switch
    {
        Proto.JourneyPublished published => HandleAsync(published.State, ChangeCheck.Version(published.Version), job: null, ct),
        Proto.JourneyPaused paused => HandleAsync(paused.State, version: null, job: null, ct),
        Proto.JourneyResumed resumed => HandleAsync(resumed.State, version: null, JobKinds.Release, ct, resumed),
        Proto.JourneyArchived archived => ArchiveAsync(archived.State, ct),
        Proto.JourneyRestored restored => HandleAsync(restored.State, version: null, job: null, ct),
        Proto.AudienceChanged audience => ChangeAudienceAsync(audience, ct),
        Proto.JourneysHaltChanged halt => ChangeHaltAsync(halt, ct),
        _ => throw new ArgumentException($"{change.Descriptor.FullName} is not a change of a journey, an audience or a site.", nameof(change)),
    };

    async Task ArchiveAsync(Proto.JourneyState state, CancellationToken ct)
    {
        await HandleAsync(state, version: null, JobKinds.Archive, ct);
        Crash.At(CrashPoint.ArchiveStarted);
        // Drops timers in batches, because there may be a million. A crash leaves the rest to the repeated message.
        while (await source.InTransactionAsync(
            transaction => TimerStore.DropOfArchivedAsync(transaction, Guid.Parse(state.SiteId), Guid.Parse(state.JourneyId), ct), ct) > 0)
        {
        }
    }

    async Task ChangeAudienceAsync(Proto.AudienceChanged message, CancellationToken ct)
    {
        var (siteId, audienceId) = (Guid.Parse(message.SiteId), Guid.Parse(message.AudienceId));
        await source.InTransactionAsync(
            async transaction =>
            {
                var isNews = await AudienceStore.ApplyAsync(
                    transaction, siteId, audienceId, message.Revision, message.Time?.ToDateTimeOffset(), TimeDependence.Of(message.Rule),
                    TimeDependence.AudiencesOf(message.Rule), ct);
                if (!isNews)
                    return;

                var cause = CauseOf(
                    await AudienceStore.FindCorrectionAsync(transaction, siteId, audienceId, ct),
                    $"audience/{audienceId}/{message.Revision}/{message.Time}");
                foreach (var journeyId in await SweepQueries.ListSweptByAsync(transaction, siteId, audienceId, ct))
                    await StartAsync(transaction, siteId, journeyId, JobKinds.AudienceSweep, cause, ct);
            },
            ct);
        wake.Set();
    }

    // Applies the halt to each journey in a transaction of its own, together with its jobs. A batch of timers locks
    // several journeys, so one transaction for all of them could deadlock with it. After a crash in between, the
    // message is delivered again.
    async Task ChangeHaltAsync(Proto.JourneysHaltChanged message, CancellationToken ct)
    {
        var siteId = Guid.Parse(message.SiteId);
        var unsettled = await source.InTransactionAsync(
            async transaction =>
            {
                await TakeTurnAsync(transaction, siteId, ct);
                await SiteHaltStore.ApplyAsync(
                    transaction, siteId, message.ChangeNo, message.Halted, Check.Present(message.Time, "time").ToDateTimeOffset(), ct);
                return await SiteHaltStore.ListUnsettledAsync(transaction, siteId, ct);
            },
            ct);

        Crash.At(CrashPoint.SchedulerHaltNoted);
        await Settling.FreeFirstAsync(unsettled, (journeyId, waits) => SettleAsync(siteId, journeyId, waits, ct));

        // Starts jobs for all published journeys, even if the halt never arrived here, because Enrollment held signals
        // and did not enroll matching people during the halt.
        if (!message.Halted)
            await source.InTransactionAsync(transaction => GoOnAsync(transaction, siteId, message, ct), ct);
        wake.Set();
        wakeRelease.Set();
    }

    // Returns false if it must not wait and another transaction has locked the journey.
    Task<bool> SettleAsync(Guid siteId, Guid journeyId, bool waits, CancellationToken ct) =>
        source.InTransactionAsync(
            async transaction =>
            {
                await TakeTurnAsync(transaction, siteId, ct);
                if (!waits && !await JourneyStore.TryLockAsync(transaction, siteId, journeyId, ct))
                    return false;

                await JourneyStore.SettleAsync(transaction, siteId, journeyId, ct);
                return true;
            },
            ct);

    async Task GoOnAsync(NpgsqlTransaction transaction, Guid siteId, Proto.JourneysHaltChanged message, CancellationToken ct)
    {
        var cause = CauseOf(
            await SiteHaltStore.FindCorrectionAsync(transaction, siteId, message.ChangeNo, message.Time.ToDateTimeOffset(), ct),
            $"site/{message.ChangeNo}/{message.Time}");
        foreach (var journeyId in await JourneyStore.ListPublishedAsync(transaction, siteId, ct))
        {
            await StartAsync(transaction, siteId, journeyId, JobKinds.Release, cause, ct);
            if (await SweepQueries.IsSweptAsync(transaction, siteId, journeyId, ct))
                await StartAsync(transaction, siteId, journeyId, JobKinds.AudienceSweep, cause, ct);
        }
    }

    // Serializes the changes of a site, so that a move of a journey and a halt of its site see each other.
    static Task TakeTurnAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct) =>
        Quota.TakeTurnAsync(transaction, "scheduler.site_halt", siteId, ct);

    async Task HandleAsync(
        Proto.JourneyState? news, Definition.Version? version, string? job, CancellationToken ct, Proto.JourneyResumed? resumed = null)
    {
        var state = ChangeCheck.State(news);
        var movedAt = Check.Present(state.Time, "time").ToDateTimeOffset();
        var (siteId, journeyId) = (Guid.Parse(state.SiteId), Guid.Parse(state.JourneyId));
        await source.InTransactionAsync(
            async transaction =>
            {
                await TakeTurnAsync(transaction, siteId, ct);
                var hasMoved = await JourneyStore.ApplyStateAsync(transaction, siteId, journeyId, state.ChangeNo, movedAt, state.Status.Text(), ct);
                if (resumed is not null)
                    await JourneyStore.NoteResumeAsync(transaction, siteId, journeyId, movedAt, RateOf(resumed), ct);
                var isNewVersion = version is not null && await ApplyVersionAsync(transaction, siteId, journeyId, version, ct);

                var isNews = hasMoved || isNewVersion;
                var correction = await JourneyStore.FindCorrectionAsync(transaction, siteId, journeyId, state.ChangeNo, movedAt, isNewVersion, ct);
                var cause = CauseOf(correction, $"change/{state.ChangeNo}/{state.Time}");
                // Started for an older change too, because it may be the only one of its kind that arrives.
                if (job is not null)
                    await StartAsync(transaction, siteId, journeyId, job, cause, ct);
                // Sweeps after a resume too, because people who began to match during the pause were not enrolled.
                if (isNews && await SweepQueries.IsSweptAsync(transaction, siteId, journeyId, ct))
                    await StartAsync(transaction, siteId, journeyId, JobKinds.AudienceSweep, cause, ct);
            },
            ct);
        wake.Set();
        wakeRelease.Set();
    }

    // Reads nothing else of the policy, which may have values that only a newer release knows.
    static int? RateOf(Proto.JourneyResumed resumed) =>
        resumed.Policy is { HasReleasePerSecond: true, ReleasePerSecond: > 0 and var rate } ? rate : null;

    static string CauseOf(Guid? correction, string news) => correction is { } id ? $"correction/{id}" : news;

    static Task<bool> ApplyVersionAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, Definition.Version version, CancellationToken ct) =>
        JourneyStore.ApplyVersionAsync(
            transaction, siteId, journeyId, version.Version_, version.PublishTime.ToDateTimeOffset(),
            Guid.TryParseExact(Check.Present(version.Design, "design").AudienceId, "D", out var id) ? id : null,
            version.Design.AutoEnroll, ct);

    // Replaces a running job of the same kind. The new one starts from the beginning with the newest changes, so nobody
    // is skipped.
    async Task StartAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, string kind, string cause, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{journeyId}/{kind}/{cause}"));
        var jobId = new Guid(hash.AsSpan(0, 16));
        if (!await JobStore.AddAsync(transaction, siteId, jobId, kind, journeyId, "", 0, now, ct))
            return;

        await JobStore.CancelOlderAsync(transaction, siteId, journeyId, kind, jobId, now, ct);
        if (kind == JobKinds.AudienceSweep)
            await JourneyStore.NoteSweepAsync(transaction, siteId, journeyId, time.GetGiven(), ct);
    }
}
