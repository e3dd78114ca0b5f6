using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>Reads the work that is in progress for journeys.</summary>
public sealed class WorkQueries(NpgsqlDataSource source)
{
    /// <summary>
    /// Returns the status of a journey, how many of its timers are parked, at most 1,000,000, and the rate of its last
    /// resume; null for an unknown journey.
    /// </summary>
    public async Task<ReleaseRow?> FindReleaseAsync(Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = $"""
            select status, release_per_second,
                   (select count(*)::integer
                    from (select from scheduler.parked_timer parked
                          where parked.site_id = @siteId and parked.journey_id = @journeyId and {TimerStore.Readable}
                          limit 1000000) as counted) as parked
            from scheduler.journey
            where site_id = @siteId and journey_id = @journeyId
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<ReleaseRow>(sql, new { siteId, journeyId }, ct);
    }

    /// <summary>Returns the work in progress for journeys. Unknown journeys are left out.</summary>
    public async Task<IReadOnlyList<WorkRow>> ListAsync(Guid siteId, Guid[] journeyIds, CancellationToken ct)
    {
        const string sql = $"""
            select journey_id, released_at,
                   exists (
                       select from scheduler.parked_timer parked
                       where parked.site_id = journey.site_id and parked.journey_id = journey.journey_id and {TimerStore.Readable}) as parked,
                   exists (
                       select from scheduler.job
                       where job.site_id = journey.site_id and job.journey_id = journey.journey_id
                         and job.status = '{JobStatuses.Running}' and kind = '{JobKinds.Release}') as releases,
                   exists (
                       select from scheduler.job
                       where job.site_id = journey.site_id and job.journey_id = journey.journey_id
                         and job.status = '{JobStatuses.Running}' and kind = '{JobKinds.Archive}') as archives
            from scheduler.journey
            where site_id = @siteId and journey_id = any(@journeyIds)
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<WorkRow>(sql, new { siteId, journeyIds }, ct);
    }
}
