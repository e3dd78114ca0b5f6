using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Enrollments;
using Npgsql;

namespace Journeys.Enrollments.Repair;

/// <summary>An archived journey that people may still be inside.</summary>
public sealed record ArchivedRow(Guid SiteId, Guid JourneyId, int ArchivedVersion, DateTimeOffset? ArchivedAt, bool IsEmpty);

/// <summary>An enrollment that was checked, and whether its profile is gone.</summary>
public sealed record LookedAtRow(Guid SiteId, Guid EnrollmentId, Guid ProfileId, bool IsOwnerless);

/// <summary>Finds enrollments that were missed by their timer, their job or an erasure.</summary>
public sealed class RepairQueries(NpgsqlDataSource source, Clock clock)
{
    /// <summary>
    /// Returns overdue waits, and enrollments with held signals whose journey is not paused. Takes sites round-robin,
    /// so that none starves another.
    /// </summary>
    /// <param name="leftAlone">Journeys whose waits and held signals are being released.</param>
    /// <param name="limit">The maximum to return.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<IReadOnlyList<(Guid SiteId, Guid EnrollmentId, int VisitNo)>> ListLostAsync(Guid[] leftAlone, int limit, CancellationToken ct)
    {
        // Skips enrollments whose profile is gone, because nothing can move them. They would fill every batch and hide
        // those behind them.
        const string sql = $"""
            with live as materialized (
                select site_id, journey_id, archived_version
                from enrollment.journey
                where status = '{JourneyStatuses.Published}' and journey_id <> all(@leftAlone)
            ),
            site as (
                select site_id, array_agg(journey_id) as journey_ids, array_agg(archived_version) as archived_versions
                from live
                group by site_id
            ),
            found as (
                select overdue.site_id, overdue.enrollment_id, overdue.visit_no
                from site
                cross join lateral (
                    select late.site_id, late.enrollment_id, late.visit_no
                    from unnest(site.journey_ids, site.archived_versions) as own (journey_id, archived_version)
                    cross join lateral (
                        select e.site_id, e.enrollment_id, e.visit_no
                        from enrollment.enrollment e
                        where e.site_id = site.site_id and e.journey_id = own.journey_id and e.wake_at < coalesce(@now, now()) - @patience
                          and e.version > own.archived_version
                          and not exists (select from enrollment.set_aside a where a.site_id = e.site_id and a.enrollment_id = e.enrollment_id)
                          and exists (select from enrollment.profile p where p.site_id = e.site_id and p.profile_id = e.profile_id)
                        order by e.wake_at
                        limit @limit) as late
                    limit @limit) as overdue
                union
                select e.site_id, e.enrollment_id, 0
                from live
                join enrollment.held_signal h on h.site_id = live.site_id and h.journey_id = live.journey_id and h.held_at < coalesce(@now, now()) - @patience
                join enrollment.enrollment e on e.site_id = h.site_id and e.enrollment_id = h.enrollment_id
                  and e.status = '{EnrollmentStatuses.Active}' and e.version > live.archived_version
                where not exists (select from enrollment.set_aside a where a.site_id = e.site_id and a.enrollment_id = e.enrollment_id)
                  and exists (select from enrollment.profile p where p.site_id = e.site_id and p.profile_id = e.profile_id)
            )
            select site_id, enrollment_id, visit_no
            from (select site_id, enrollment_id, visit_no, row_number() over (partition by site_id) as turn from found) as lost
            order by turn
            limit @limit
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<(Guid, Guid, int)>(
            sql, new { now = clock.Given, patience = Overdue.Patience, leftAlone, limit }, ct);
    }

    /// <summary>
    /// Checks the next enrollments in the order of their keys. Returns those whose profile is gone, and in any case the
    /// last one checked; an empty list at the end.
    /// </summary>
    public async Task<IReadOnlyList<LookedAtRow>> ListOwnerlessAsync(Guid afterSite, Guid afterEnrollment, int window, CancellationToken ct)
    {
        // Enrollments of people who are being erased are removed by a job.
        const string sql = """
            with looked as materialized (
                select site_id, enrollment_id, profile_id
                from enrollment.enrollment
                where (site_id, enrollment_id) > (@afterSite, @afterEnrollment)
                order by site_id, enrollment_id
                limit @window
            ), judged as (
                select site_id, enrollment_id, profile_id,
                       not exists (select from enrollment.profile p where p.site_id = looked.site_id and p.profile_id = looked.profile_id)
                       and not exists (select from enrollment.erasure gone where gone.site_id = looked.site_id and gone.profile_id = looked.profile_id)
                           as is_ownerless,
                       row_number() over (order by site_id desc, enrollment_id desc) = 1 as is_last
                from looked
            )
            select site_id, enrollment_id, profile_id, is_ownerless
            from judged
            where is_ownerless or is_last
            order by site_id, enrollment_id
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<LookedAtRow>(sql, new { afterSite, afterEnrollment, window }, ct);
    }

    /// <summary>
    /// Returns journeys that were archived before a time and are not known to be empty, the earliest first.
    /// </summary>
    public async Task<IReadOnlyList<ArchivedRow>> ListArchivedAsync(DateTimeOffset before, int limit, CancellationToken ct)
    {
        // Treats a time that no program can read as unknown, so that it blocks neither its own journey nor others. A
        // journey that is empty up to its archived version stays so, because people who enter after a restore get a
        // later version.
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
