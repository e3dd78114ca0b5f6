using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Protos;
using Microsoft.Extensions.Options;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Scheduling;

/// <summary>Sends the next chunk of each running job, one in flight for each, and again after a timeout.</summary>
public sealed class SendChunks(NpgsqlDataSource source, Outbox outbox, IOptions<SchedulerOptions> options, TimeProvider time) : IChore
{
    // New jobs and answers wake the loop earlier. The interval matters for timeouts, for jobs of a replica that has
    // stopped, and for rate-limited jobs.
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var timeout = TimeSpan.FromSeconds(options.Value.ChunkTimeoutSeconds);
        var (sent, rest) = await source.InTransactionAsync(
            async transaction =>
            {
                var jobs = await JobStore.TakeReadyAsync(transaction, time.GetGiven(), timeout, options.Value.JobsAtOnce, ct);
                var chunks = new List<Proto.ChunkRequested>();
                foreach (var job in jobs)
                    chunks.Add(await ToChunkAsync(transaction, job, ct));
                await outbox.AddAsync(transaction, chunks, ct);
                return (chunks.Count, await JobStore.UntilReadyAsync(transaction, time.GetGiven(), ct));
            },
            ct);

        if (sent > 0)
            outbox.Wake();
        return rest < Interval ? rest.Value : Interval;
    }

    // Names the newest changes that this service has applied. Enrollment receives changes by messages of its own, which
    // may arrive after this one; without the numbers it would skip people whom those changes concern.
    async Task<Proto.ChunkRequested> ToChunkAsync(NpgsqlTransaction transaction, JobRow job, CancellationToken ct)
    {
        var chunk = new Proto.ChunkRequested
        {
            JobId = job.JobId.ToString(),
            SiteId = job.SiteId.ToString(),
            Kind = EnumText.Parse<Kind>(job.Kind),
            ChunkNo = job.ChunkNo,
            Cursor = job.Cursor,
            // A chunk of a rate-limited job has one second's worth of people.
            Limit = job.PeoplePerSecond > 0 ? Math.Min(job.PeoplePerSecond, options.Value.PeoplePerChunk) : options.Value.PeoplePerChunk,
            JourneyId = job.JourneyId?.ToString() ?? "",
            SubjectId = job.SubjectId,
        };
        if (job.JourneyId is not { } journeyId)
            return chunk;

        (chunk.SiteChangeNo, var siteChangedAt, var isSiteSetBack) = await SiteHaltStore.NewestAsync(transaction, job.SiteId, ct);
        (chunk.ChangeNo, var version, var movedAt, var isSetBack) = await JourneyStore.NewestAsync(transaction, job.SiteId, journeyId, ct);
        (chunk.SiteNotBeforeTime, chunk.NotBeforeTime) = (siteChangedAt?.ToTimestamp(), movedAt?.ToTimestamp());
        (chunk.SiteChangeTime, chunk.ChangeTime) = (isSiteSetBack ? chunk.SiteNotBeforeTime : null, isSetBack ? chunk.NotBeforeTime : null);
        if (job.Kind == JobKinds.AudienceSweep)
        {
            chunk.Version = version;
            var audiences = await SweepQueries.ListAudiencesAsync(transaction, job.SiteId, journeyId, ct);
            chunk.Audiences.AddRange(audiences.Select(audience =>
                new Proto.ChunkRequested.Types.KnownAudience
                {
                    AudienceId = audience.AudienceId.ToString(),
                    Revision = audience.Revision,
                    NotBeforeTime = audience.ChangedAt?.ToTimestamp(),
                    ChangeTime = audience.IsCorrection ? audience.ChangedAt?.ToTimestamp() : null,
                }));
        }

        return chunk;
    }
}
