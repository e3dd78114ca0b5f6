using System.Collections.Concurrent;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.Enrollments.Journeys;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Repair;

/// <summary>Asks the Scheduler which journeys it is releasing or archiving. Their people are not lost.</summary>
public sealed class SchedulerWork(
    JourneyStore journeys, Scheduler.SchedulerService.SchedulerServiceClient scheduler, ILogger<SchedulerWork> logger)
{
    // The time that a last release may take until it has been applied.
    static readonly TimeSpan UnderWay = TimeSpan.FromMinutes(1);

    // The time after a resume within which people are assumed to be released, if the Scheduler does not answer or has
    // not heard of the resume.
    internal static readonly TimeSpan WithoutAnswer = TimeSpan.FromHours(1);

    // The longest time that a release takes: a million people at one a second, and pauses in between.
    static readonly TimeSpan Longest = TimeSpan.FromDays(14);

    // When the Scheduler last said of a journey that it is being released.
    readonly ConcurrentDictionary<Guid, DateTimeOffset> seenReleasing = new();

    /// <summary>
    /// Returns the journeys whose overdue waits and held signals are being released after a pause, at a bounded rate.
    /// </summary>
    /// <param name="now">The present time.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <param name="siteId">The site; null for all.</param>
    public async Task<Guid[]> ListReleasingAsync(DateTimeOffset now, CancellationToken ct, Guid? siteId = null)
    {
        var resumed = await journeys.ListResumedAsync(now - Longest, ct);
        var journeyIds = new List<Guid>();
        var patience = new Patience();
        foreach (var site in resumed.Where(journey => siteId is null || journey.SiteId == siteId).GroupBy(journey => journey.SiteId))
            journeyIds.AddRange(await ListOfSiteAsync(site.Key, [.. site], now, patience, ct));
        return [.. journeyIds];
    }

    /// <summary>
    /// Whether the job that archives a journey's people is running; null when the Scheduler does not answer.
    /// </summary>
    public async Task<bool?> IsArchivingAsync(Guid siteId, Guid journeyId, CancellationToken ct) =>
        await AskAsync(siteId, [journeyId], new Patience(), ct) is { } work ? work.GetValueOrDefault(journeyId)?.Archives ?? false : null;

    /// <summary>
    /// Returns at most how many people a second continue after a resume that does not say it; null when the Scheduler does
    /// not answer.
    /// </summary>
    public async Task<int?> FindReleaseRateAsync(Guid siteId, CancellationToken ct)
    {
        try
        {
            var answer = await scheduler.ListJourneyWorkAsync(new(), ServiceCall.For(siteId, ct));
            // 0 from an earlier release.
            return answer.ReleasePerSecond > 0 ? answer.ReleasePerSecond : null;
        }
        catch (RpcException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Returns what is left of the release of a journey; nothing if the Scheduler has not heard of the journey.</summary>
    /// <exception cref="Unreachable">The Scheduler does not answer.</exception>
    public async Task<Scheduler.Release> FindReleaseAsync(Guid siteId, Guid journeyId, CancellationToken ct)
    {
        try
        {
            return await scheduler.GetReleaseAsync(new() { JourneyId = journeyId.ToString() }, ServiceCall.For(siteId, ct));
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            return new();
        }
        catch (RpcException) when (!ct.IsCancellationRequested)
        {
            throw new Unreachable();
        }
    }

    async Task<IEnumerable<Guid>> ListOfSiteAsync(
        Guid siteId, IReadOnlyList<ResumedRow> resumed, DateTimeOffset now, Patience patience, CancellationToken ct)
    {
        var work = await AskAsync(siteId, [.. resumed.Select(journey => journey.JourneyId)], patience, ct);
        return resumed
            .Where(journey => IsUnderWay(journey, work?.GetValueOrDefault(journey.JourneyId), now))
            .Select(journey => journey.JourneyId);
    }

    bool IsUnderWay(ResumedRow journey, Scheduler.ListJourneyWorkResponse.Types.Work? work, DateTimeOffset now)
    {
        if (work is { Releases: true } || work?.ReleaseTime?.ToDateTimeOffset() > now - UnderWay)
        {
            seenReleasing[journey.JourneyId] = now;
            return true;
        }

        // The Scheduler does not answer, has not heard of the resume, or has only just come back.
        var mayBe = journey.ResumedAt > now - WithoutAnswer || seenReleasing.GetValueOrDefault(journey.JourneyId) > now - WithoutAnswer;
        return work is null or { Parked: true } ? mayBe : journey.ResumedAt > now - UnderWay;
    }

    // Returns null when the Scheduler does not answer.
    async Task<Dictionary<Guid, Scheduler.ListJourneyWorkResponse.Types.Work>?> AskAsync(
        Guid siteId, Guid[] journeyIds, Patience patience, CancellationToken ct)
    {
        const int most = 1_000;

        if (patience.IsOver)
            return null;
        try
        {
            var work = new Dictionary<Guid, Scheduler.ListJourneyWorkResponse.Types.Work>();
            foreach (var some in journeyIds.Chunk(most))
            {
                var answer = await scheduler.ListJourneyWorkAsync(
                    new() { JourneyIds = { some.Select(id => id.ToString()) } }, ServiceCall.For(siteId, ct));
                foreach (var one in answer.Work)
                    work[Guid.Parse(one.JourneyId)] = one;
            }

            return work;
        }
        catch (RpcException exception) when (!ct.IsCancellationRequested)
        {
            patience.IsOver = exception.StatusCode == StatusCode.DeadlineExceeded;
            logger.LogWarning(
                "The Scheduler did not report releases in progress for site {SiteId} ({Status}); skipping journeys resumed within {Time}",
                siteId, exception.StatusCode, WithoutAnswer);
            return null;
        }
    }

    // Set after the first timeout of a call to the Scheduler, so that only one site waits for it, not each.
    sealed class Patience
    {
        public bool IsOver { get; set; }
    }
}
