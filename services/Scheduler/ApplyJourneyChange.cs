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

/// <summary>Applies what Definition decided, and starts the jobs that follow from it: sweeps, archiving, release.</summary>
/// <remarks>
/// Idempotent: moves, versions and revisions are numbered, and a job's id is derived from the news that started it, so a repeat finds it done. The time of
/// the news is part of it, because a restored Definition gives numbers again. Where a copy is set back to news that was heard before, its correction takes
/// the place of the news: what followed then, has to follow once more.
/// They may come in any order; every chunk of a job says what this service has heard by then.
/// </remarks>
public sealed class ApplyJourneyChange(NpgsqlDataSource source, Wake<SendChunks> wake, Wake<ReleaseTimers> wakeRelease, TimeProvider time)
{
    public Task HandleAsync(IMessage change, CancellationToken ct) => change switch
    {
        Proto.JourneyPublished published => HandleAsync(published.State, ChangeCheck.Version(published.Version), job: null, ct),
        Proto.JourneyPaused paused => HandleAsync(paused.State, version: null, job: null, ct),
        Proto.JourneyResumed resumed => HandleAsync(resumed.State, version: null, JobKinds.Release, ct),
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
        // In pieces, since they may be a million. Those that a crash leaves are dropped when the message comes again.
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
                var isNews = await JourneyStore.ApplyAudienceAsync(
                    transaction, siteId, audienceId, message.Revision, message.Time?.ToDateTimeOffset(), TimeDependence.Of(message.Rule),
                    TimeDependence.AudiencesOf(message.Rule), ct);
                if (!isNews)
                    return;

                var cause = CauseOf(
                    await JourneyStore.FindAudienceCorrectionAsync(transaction, siteId, audienceId, ct),
                    $"audience/{audienceId}/{message.Revision}/{message.Time}");
                foreach (var journeyId in await JourneyStore.ListSweptByAsync(transaction, siteId, audienceId, ct))
                    await StartAsync(transaction, siteId, journeyId, JobKinds.AudienceSweep, cause, ct);
            },
            ct);
        wake.Set();
    }

    // Each journey in a transaction of its own, with the jobs that follow: a batch of timers keeps several from changing, and waits for none that is kept here.
    // Where a crash comes in between, the message comes again.
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

        await Settling.FreeFirstAsync(unsettled, (journeyId, waits) => SettleAsync(siteId, journeyId, waits, ct));

        // Of all that go on, also where the halt never came here: Enrollment held signals then, and let nobody in who came to match.
        if (!message.Halted)
            await source.InTransactionAsync(transaction => GoOnAsync(transaction, siteId, message, ct), ct);
        wake.Set();
        wakeRelease.Set();
    }

    // False where it does not wait and somebody else holds the journey.
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
            if (await JourneyStore.IsSweptAsync(transaction, siteId, journeyId, ct))
                await StartAsync(transaction, siteId, journeyId, JobKinds.AudienceSweep, cause, ct);
        }
    }

    // A journey that moves and a halt of its site come one after the other, so that they find each other.
    static Task TakeTurnAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct) =>
        Quota.TakeTurnAsync(transaction, "scheduler.site_halt", siteId, ct);

    async Task HandleAsync(Proto.JourneyState? news, Definition.Version? version, string? job, CancellationToken ct)
    {
        var state = ChangeCheck.State(news);
        var movedAt = Check.Present(state.Time, "time").ToDateTimeOffset();
        var (siteId, journeyId) = (Guid.Parse(state.SiteId), Guid.Parse(state.JourneyId));
        await source.InTransactionAsync(
            async transaction =>
            {
                await TakeTurnAsync(transaction, siteId, ct);
                var hasMoved = await JourneyStore.ApplyStateAsync(transaction, siteId, journeyId, state.ChangeNo, movedAt, state.Status.Text(), ct);
                var isNewVersion = version is not null && await ApplyVersionAsync(transaction, siteId, journeyId, version, ct);

                var isNews = hasMoved || isNewVersion;
                var correction = await JourneyStore.FindCorrectionAsync(transaction, siteId, journeyId, state.ChangeNo, movedAt, isNewVersion, ct);
                var cause = CauseOf(correction, $"change/{state.ChangeNo}/{state.Time}");
                // Even from old news: it may be the only news of its kind.
                if (job is not null)
                    await StartAsync(transaction, siteId, journeyId, job, cause, ct);
                // After a resume too: whoever came to match during the pause was not let in.
                if (isNews && await JourneyStore.IsSweptAsync(transaction, siteId, journeyId, ct))
                    await StartAsync(transaction, siteId, journeyId, JobKinds.AudienceSweep, cause, ct);
            },
            ct);
        wake.Set();
        wakeRelease.Set();
    }

    static string CauseOf(Guid? correction, string news) => correction is { } id ? $"correction/{id}" : news;

    static Task<bool> ApplyVersionAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, Definition.Version version, CancellationToken ct) =>
        JourneyStore.ApplyVersionAsync(
            transaction, siteId, journeyId, version.Version_, version.PublishTime.ToDateTimeOffset(),
            Guid.TryParseExact(Check.Present(version.Design, "design").AudienceId, "D", out var id) ? id : null,
            version.Design.AutoEnroll, ct);

    // Takes the place of one of its kind that still runs: it begins anew with what is known by now, so nobody is skipped.
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
