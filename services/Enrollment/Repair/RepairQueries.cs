using Journeys.BuildingBlocks;
using Journeys.Enrollments.Enrollments;
using Npgsql;

namespace Journeys.Enrollments.Repair;

/// <summary>An archived journey that somebody may still be inside.</summary>
public sealed record ArchivedRow(Guid SiteId, Guid JourneyId, int ArchivedVersion, DateTimeOffset? ArchivedAt, bool IsEmpty);

/// <summary>Finds whom the machinery lost track of.</summary>
public sealed class RepairQueries(NpgsqlDataSource source, Clock clock)
{
    /// <summary>Overdue waits, and people with held signals whose journey is not paused.</summary>
    /// <param name="leftAlone">Journeys whose held signals are being released.</param>
    /// <param name="limit">The most to return.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<IReadOnlyList<(Guid SiteId, Guid EnrollmentId, int VisitNo)>> ListLostAsync(Guid[] leftAlone, int limit, CancellationToken ct)
    {
        // Nobody can move one whose person is gone. The first of them would be found again at every look, and nobody behind them.
        const string sql = $"""
            with live as materialized (
                select site_id, journey_id, archived_version
                from enrollment.journey
                where status = '{JourneyStatuses.Published}' and journey_id <> all(@leftAlone)
            )
            (select overdue.site_id, overdue.enrollment_id, overdue.visit_no
             from live
             cross join lateral (
                 select e.site_id, e.enrollment_id, e.visit_no
                 from enrollment.enrollment e
                 where e.site_id = live.site_id and e.journey_id = live.journey_id and e.wake_at < coalesce(@now, now()) - @patience and e.version > live.archived_version
                   and not exists (select from enrollment.set_aside a where a.site_id = e.site_id and a.enrollment_id = e.enrollment_id)
                   and exists (select from enrollment.profile p where p.site_id = e.site_id and p.profile_id = e.profile_id)
                 order by e.wake_at
                 limit @limit) as overdue
             limit @limit)
            union
            (select e.site_id, e.enrollment_id, 0
             from live
             join enrollment.held_signal h on h.site_id = live.site_id and h.journey_id = live.journey_id and h.held_at < coalesce(@now, now()) - @patience
             join enrollment.enrollment e on e.site_id = h.site_id and e.enrollment_id = h.enrollment_id
               and e.status = '{EnrollmentStatuses.Active}' and e.version > live.archived_version
             where not exists (select from enrollment.set_aside a where a.site_id = e.site_id and a.enrollment_id = e.enrollment_id)
               and exists (select from enrollment.profile p where p.site_id = e.site_id and p.profile_id = e.profile_id)
             limit @limit)
            limit @limit
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<(Guid, Guid, int)>(
            sql, new { now = clock.Given, patience = Overdue.Patience, leftAlone, limit }, ct);
    }

    /// <summary>Journeys that were archived before a time and are not known to be empty, the earliest first.</summary>
    public async Task<IReadOnlyList<ArchivedRow>> ListArchivedAsync(DateTimeOffset before, int limit, CancellationToken ct)
    {
        // A time that no program can read counts as unknown, so that it keeps neither its own journey nor others from being finished.
        // Once nobody up to the archived version is inside, nobody comes: who enters after a restore walks a later one.
        const string sql = $"""
            select j.site_id, j.journey_id, j.archived_version, known.archived_at,
                   not exists (
                       select from enrollment.enrollment e
                       where e.site_id = j.site_id and e.journey_id = j.journey_id
                         and e.status = '{EnrollmentStatuses.Active}' and e.version <= j.archived_version) as is_empty
            from enrollment.journey j
            cross join lateral (
                select case when j.archived_at >= '0001-01-01 00:00+00' and j.archived_at < '10000-01-01 00:00+00' then j.archived_at end) as known (archived_at)
            where j.archived_version > j.emptied_version and coalesce(known.archived_at < @before, true)
            order by known.archived_at nulls first
            limit @limit
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<ArchivedRow>(sql, new { before, limit }, ct);
    }
}
