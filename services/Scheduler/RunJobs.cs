using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;
using Npgsql;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Scheduling;

/// <summary>Sends the next chunk of each running job, one in flight for each, and again when nobody answered for a time.</summary>
/// <remarks>Releases overdue timers of resumed journeys too, oldest first, at a bounded rate.</remarks>
public sealed class RunJobs(
    NpgsqlDataSource source, TimerPublisher timers, Outbox outbox, IOptions<SchedulerOptions> options, TimeProvider time) : IChore
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    DateTimeOffset releasedAt;

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        await StartSweepsAsync(ct);
        await ReleaseAsync(ct);
        await SendChunksAsync(ct);
        return Interval;
    }

    /// <summary>Sends what is to be sent.</summary>
    public async Task SendChunksAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var timeout = TimeSpan.FromSeconds(options.Value.ChunkTimeoutSeconds);
        await source.InTransactionAsync(
            async transaction =>
            {
                var jobs = await JobStore.TakeReadyAsync(transaction, now, timeout, options.Value.JobsAtOnce, ct);
                await outbox.AddAsync(transaction, await ToChunksAsync(transaction, jobs, ct), ct);
            },
            ct);
        outbox.Wake();
    }

    /// <summary>Starts sweeps of journeys whose audience depends on the passing of time.</summary>
    public async Task StartSweepsAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        await source.InTransactionAsync(
            async transaction =>
            {
                var interval = TimeSpan.FromSeconds(options.Value.SweepIntervalSeconds);
                foreach (var (siteId, journeyId) in await JourneyStore.TakeDueForSweepAsync(transaction, now, interval, ct))
                    await JobStore.AddAsync(transaction, siteId, Guid.CreateVersion7(now), "AUDIENCE_SWEEP", journeyId, "", 0, now, ct);
            },
            ct);
    }

    /// <summary>Releases as many parked timers as the time since the last release allows. Those of journeys paused again stay.</summary>
    public async Task<int> ReleaseAsync(CancellationToken ct)
    {
        const string resumed = """
            select distinct journey.site_id, journey.journey_id
            from scheduler.journey
            where journey.status = 'PUBLISHED'
              and exists (select from scheduler.parked_timer parked
                          where parked.site_id = journey.site_id and parked.journey_id = journey.journey_id)
            limit 20
            """;

        var now = time.GetUtcNow();
        var elapsed = Math.Clamp((now - releasedAt).TotalSeconds, 0, 1);
        var allowance = (int)(options.Value.ReleasePerSecond * elapsed);
        if (allowance == 0)
            return 0;

        releasedAt = now;
        return await source.InTransactionAsync(
            async transaction =>
            {
                var released = 0;
                foreach (var (siteId, journeyId) in await transaction.QueryAsync<(Guid, Guid)>(resumed, new { }, ct))
                {
                    var some = await TimerStore.TakeParkedAsync(transaction, siteId, journeyId, allowance - released, ct);
                    // Published before the commit: a crash in between sends them again.
                    await timers.PublishAsync(some, ct);
                    released += some.Count;
                    if (released >= allowance)
                        break;
                }

                return released;
            },
            ct);
    }

    // Each says how far this service has heard, because Enrollment may have heard less by now.
    async Task<IReadOnlyList<Proto.ChunkRequested>> ToChunksAsync(NpgsqlTransaction transaction, IReadOnlyList<JobRow> jobs, CancellationToken ct)
    {
        var about = jobs.Where(job => job.JourneyId is not null).ToList();
        if (about.Count == 0)
            return [.. jobs.Select(ToChunk)];

        Guid[] siteIds = [.. about.Select(job => job.SiteId)];
        Guid[] journeyIds = [.. about.Select(job => job.JourneyId!.Value)];
        var changeNos = await JourneyStore.ListChangeNosAsync(transaction, siteIds, journeyIds, ct);
        var audiences = await JourneyStore.ListAudiencesAsync(transaction, siteIds, journeyIds, ct);
        return [.. jobs.Select(job =>
        {
            var chunk = ToChunk(job);
            var journeyId = job.JourneyId ?? Guid.Empty;
            chunk.ChangeNo = changeNos[journeyId].FirstOrDefault();
            if (job.Kind == "AUDIENCE_SWEEP")
            {
                chunk.Audiences.Add(audiences[journeyId].Select(audience => new Proto.ChunkRequested.Types.KnownAudience
                {
                    AudienceId = audience.AudienceId.ToString(),
                    Revision = audience.Revision,
                }));
            }

            return chunk;
        })];
    }

    Proto.ChunkRequested ToChunk(JobRow job) => new()
    {
        JobId = job.JobId.ToString(),
        SiteId = job.SiteId.ToString(),
        Kind = JobRow.KindOf(job.Kind),
        ChunkNo = job.ChunkNo,
        Cursor = job.Cursor,
        Limit = options.Value.PeoplePerChunk,
        JourneyId = job.JourneyId?.ToString() ?? "",
        SubjectId = job.SubjectId,
    };
}
