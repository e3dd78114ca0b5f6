using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>An enrollment that is set aside.</summary>
public sealed record SetAsideRow
{
    public Guid SiteId { get; init; }
    public Guid EnrollmentId { get; init; }
    public Guid JourneyId { get; init; }

    /// <summary>The kind of signal that first failed.</summary>
    public string Signal { get; init; } = "";

    /// <summary>The cause of the last failure.</summary>
    public string Cause { get; init; } = "";

    public int Failures { get; init; }
    public DateTimeOffset FirstFailedAt { get; init; }
    public DateTimeOffset LastFailedAt { get; init; }
    public DateTimeOffset NextTryAt { get; init; }
}

/// <summary>
/// Stores enrollments that are set aside because they could not be moved, and counts overdue waits. Their signals are
/// held, as during a pause.
/// </summary>
public sealed class SetAsideStore(NpgsqlDataSource source, Clock clock)
{
    const string Columns = "site_id, enrollment_id, journey_id, signal, cause, failures, first_failed_at, last_failed_at, next_try_at";

    /// <summary>
    /// Records a failure. The first one sets the enrollment aside; each further one doubles the time to the next retry,
    /// from 5 seconds to at most an hour.
    /// </summary>
    /// <returns>The number of failures so far.</returns>
    public static async Task<int> NoteAsync(
        NpgsqlTransaction transaction, EnrollmentRow row, string signal, string cause, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.set_aside as aside
                (site_id, enrollment_id, journey_id, signal, cause, failures, first_failed_at, last_failed_at, next_try_at)
            values (@SiteId, @EnrollmentId, @JourneyId, @signal, @cause, 1, @now, @now, @now + interval '5 seconds')
            on conflict (site_id, enrollment_id) do update
            set cause = excluded.cause, failures = aside.failures + 1, last_failed_at = excluded.last_failed_at,
                next_try_at = excluded.last_failed_at + least(interval '1 hour', interval '5 seconds' * power(2, least(aside.failures, 12)))
            returning failures
            """;
        return await transaction.ScalarAsync<int>(sql, new { row.SiteId, row.EnrollmentId, row.JourneyId, signal, cause, now }, ct);
    }

    /// <summary>
    /// Returns enrollments whose next retry is due, round-robin by site, those due longest first within each.
    /// </summary>
    public Task<IReadOnlyList<(Guid SiteId, Guid EnrollmentId)>> ListDueAsync(int limit, CancellationToken ct)
    {
        // Reads each site separately, so that the cost does not grow with the number of due enrollments of one site.
        const string sql = """
            with recursive moment as materialized (select coalesce(@given, clock_timestamp()) as now),
            site as (
                (select site_id from enrollment.set_aside order by site_id limit 1)
                union all
                select (select aside.site_id from enrollment.set_aside aside where aside.site_id > site.site_id order by aside.site_id limit 1)
                from site where site.site_id is not null
            )
            select due.site_id, due.enrollment_id
            from site cross join lateral (
                select aside.site_id, aside.enrollment_id, aside.next_try_at, row_number() over (order by aside.next_try_at) as turn
                from enrollment.set_aside aside
                where aside.site_id = site.site_id and aside.next_try_at <= (select now from moment)
                order by aside.next_try_at limit @limit) as due
            order by due.turn, due.next_try_at limit @limit
            """;
        return source.QueryAsync<(Guid, Guid)>(sql, new { given = clock.Given, limit }, ct);
    }

    /// <summary>
    /// Claims an enrollment whose next retry is due, so that no other replica retries it at the same time. Returns
    /// false when it is not due or is locked.
    /// </summary>
    /// <param name="siteId">Its site.</param>
    /// <param name="enrollmentId">The enrollment.</param>
    /// <param name="claim">The lease: the time until it is due again, because the claiming replica may crash. A failed
    /// retry sets another time.</param>
    /// <param name="locked">The time until it is due again if it is locked, so that others get a turn in
    /// between.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<bool> TakeAsync(Guid siteId, Guid enrollmentId, TimeSpan claim, TimeSpan locked, CancellationToken ct)
    {
        const string sql = """
            with moment as materialized (select coalesce(@given, clock_timestamp()) as now),
            due as materialized (
                select aside.site_id, aside.enrollment_id
                from enrollment.set_aside aside
                where aside.site_id = @siteId and aside.enrollment_id = @enrollmentId and aside.next_try_at <= (select now from moment)
                for update of aside skip locked
            ),
            free as materialized (
                select e.enrollment_id
                from due join enrollment.enrollment e on e.site_id = due.site_id and e.enrollment_id = due.enrollment_id
                for update of e skip locked
            )
            update enrollment.set_aside as aside
            set next_try_at = (select now from moment) + case when exists (select from free) then @claim else @locked end
            from due
            where aside.site_id = due.site_id and aside.enrollment_id = due.enrollment_id
            returning exists (select from free)
            """;
        return (await source.QueryAsync<bool>(sql, new { given = clock.Given, siteId, enrollmentId, claim, locked }, ct)) is [true];
    }

    /// <summary>Removes the record of an enrollment that moves again or has ended.</summary>
    public static Task RemoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid enrollmentId, CancellationToken ct)
    {
        const string sql = "delete from enrollment.set_aside where site_id = @siteId and enrollment_id = @enrollmentId";
        return transaction.ExecuteAsync(sql, new { siteId, enrollmentId }, ct);
    }

    /// <summary>Returns the record of an enrollment; null when it is not set aside.</summary>
    public async Task<SetAsideRow?> FindAsync(Guid siteId, Guid enrollmentId, CancellationToken ct)
    {
        const string sql = $"select {Columns} from enrollment.set_aside where site_id = @siteId and enrollment_id = @enrollmentId";
        return (await source.QueryAsync<SetAsideRow>(sql, new { siteId, enrollmentId }, ct)).SingleOrDefault();
    }

    /// <summary>Returns a page of a site's records after an enrollment, by enrollment id.</summary>
    public Task<IReadOnlyList<SetAsideRow>> ListAsync(Guid siteId, Guid after, int limit, CancellationToken ct)
    {
        const string sql = $"""
            select {Columns} from enrollment.set_aside where site_id = @siteId and enrollment_id > @after order by enrollment_id limit @limit
            """;
        return source.QueryAsync<SetAsideRow>(sql, new { siteId, after, limit }, ct);
    }

    /// <summary>
    /// Counts the enrollments that are set aside, and those in running journeys that are overdue, at most 10,000 of
    /// each.
    /// </summary>
    /// <param name="siteId">The site; null for all.</param>
    /// <param name="leftAlone">Journeys whose waits are not counted.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<(int SetAside, int Overdue)> CountAsync(Guid? siteId, Guid[] leftAlone, CancellationToken ct)
    {
        const string sql = $"""
            select (select count(*)::integer from (
                        select from enrollment.set_aside where @siteId::uuid is null or site_id = @siteId limit 10000) as aside),
                   (select count(*)::integer from (
                        select from enrollment.journey live
                        join enrollment.enrollment e on e.site_id = live.site_id and e.journey_id = live.journey_id
                        where (@siteId::uuid is null or live.site_id = @siteId) and live.journey_id <> all(@leftAlone)
                          and live.status = '{JourneyStatuses.Published}' and e.version > live.archived_version
                          and e.wake_at < coalesce(@given, clock_timestamp()) - @patience
                          and exists (select from enrollment.profile p where p.site_id = e.site_id and p.profile_id = e.profile_id)
                        limit 10000) as late)
            """;
        return (await source.QueryAsync<(int, int)>(sql, new { siteId, leftAlone, given = clock.Given, patience = Overdue.Patience }, ct))[0];
    }
}
