using System.Diagnostics.Metrics;
using Dapper;
using Journeys.BuildingBlocks;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Progression;
using Npgsql;

namespace Journeys.Enrollments.Repair;

/// <summary>Finds people who are still inside an archived journey though no job is on its way to them, and archives them.</summary>
/// <remarks>It has nothing to do in a healthy run: the job that archiving starts leaves nobody.</remarks>
public sealed class FinishArchiving(
    NpgsqlDataSource source, ArchiveEnrollments archive, ReleasesUnderWay work, AfterCommit after, Outbox outbox, IMeterFactory meters,
    TimeProvider time, ILogger<FinishArchiving> logger) : IChore
{
    const int Journeys = 100;
    const int Batch = 500;
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    // Without an answer from the Scheduler its job counts as running for so long.
    static readonly TimeSpan WithoutAnswer = TimeSpan.FromHours(1);

    readonly Counter<int> repairs = meters.Create(ServiceDefaults.MeterName).CreateCounter<int>(
        "journeys.divergence.repaired", description: "Journeys and audiences whose copy was behind the truth, and what else was put right");

    /// <summary>An archived journey that somebody may still be inside.</summary>
    sealed record Archived(Guid SiteId, Guid JourneyId, int ArchivedVersion, DateTimeOffset? ArchivedAt, bool IsEmpty);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        foreach (var journey in await ListAsync(now - Overdue.Patience, ct))
        {
            try
            {
                if (journey.IsEmpty)
                    await NoteEmptyAsync(journey, ct);
                else if (await IsLeftAsync(journey, now, ct))
                    await FinishAsync(journey, ct);
            }
            catch (Exception exception) when (!ct.IsCancellationRequested)
            {
                logger.LogError(exception, "People of the archived journey {JourneyId} of site {SiteId} could not be archived", journey.JourneyId, journey.SiteId);
            }
        }

        return Interval;
    }

    async Task<bool> IsLeftAsync(Archived journey, DateTimeOffset now, CancellationToken ct) =>
        !(await work.IsArchivingAsync(journey.SiteId, journey.JourneyId, ct) ?? journey.ArchivedAt > now - WithoutAnswer);

    async Task FinishAsync(Archived journey, CancellationToken ct)
    {
        for (var count = Batch; count == Batch;)
        {
            var enrollments = await source.InTransactionAsync(
                async transaction =>
                {
                    await transaction.PlanAnewAsync(ct);
                    return await archive.HandleAsync(transaction, journey.SiteId, journey.JourneyId, Batch, ct);
                },
                ct);
            outbox.Wake();
            after.Announce(enrollments);
            count = enrollments.Count;
            if (count == 0)
                return;

            repairs.Add(count, new KeyValuePair<string, object?>("what", "archiving"));
            logger.LogWarning(
                "{Count} people were still inside journey {JourneyId} of site {SiteId}, which was archived at {ArchivedAt}, and no job was on its way to them",
                count, journey.JourneyId, journey.SiteId, journey.ArchivedAt);
        }
    }

    async Task<IReadOnlyList<Archived>> ListAsync(DateTimeOffset before, CancellationToken ct)
    {
        // A time that no program can read counts as unknown, so that it keeps neither its own journey nor others from being finished.
        // Once nobody up to the archived version is inside, nobody comes: who enters after a restore walks a later one.
        const string sql = """
            select j.site_id, j.journey_id, j.archived_version, known.archived_at,
                   not exists (
                       select from enrollment.enrollment e
                       where e.site_id = j.site_id and e.journey_id = j.journey_id and e.status = 'ACTIVE' and e.version <= j.archived_version) as is_empty
            from enrollment.journey j
            cross join lateral (
                select case when j.archived_at >= '0001-01-01 00:00+00' and j.archived_at < '10000-01-01 00:00+00' then j.archived_at end) as known (archived_at)
            where j.archived_version > j.emptied_version and coalesce(known.archived_at < @before, true)
            order by known.archived_at nulls first
            limit @limit
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<Archived>(new CommandDefinition(sql, new { before, limit = Journeys }, cancellationToken: ct))).AsList();
    }

    async Task NoteEmptyAsync(Archived journey, CancellationToken ct)
    {
        const string sql = """
            update enrollment.journey
            set emptied_version = @ArchivedVersion
            where site_id = @SiteId and journey_id = @JourneyId and emptied_version < @ArchivedVersion
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(
            new CommandDefinition(sql, new { journey.SiteId, journey.JourneyId, journey.ArchivedVersion }, cancellationToken: ct));
    }
}
