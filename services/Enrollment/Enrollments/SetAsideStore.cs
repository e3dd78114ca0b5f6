using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>An enrollment that could not be moved.</summary>
public sealed record SetAsideRow
{
    public Guid SiteId { get; init; }
    public Guid EnrollmentId { get; init; }
    public Guid JourneyId { get; init; }

    /// <summary>What it was to be moved by when it failed first.</summary>
    public string Signal { get; init; } = "";

    /// <summary>What went wrong last.</summary>
    public string Cause { get; init; } = "";

    public int Failures { get; init; }
    public DateTimeOffset FirstFailedAt { get; init; }
    public DateTimeOffset LastFailedAt { get; init; }
    public DateTimeOffset NextTryAt { get; init; }
}

/// <summary>Enrollments that were set aside because they could not be moved, and how many nobody moved in time. Signals of the former are held, as during a pause.</summary>
public sealed class SetAsideStore(NpgsqlDataSource source, Clock clock)
{
    const string Columns = "site_id, enrollment_id, journey_id, signal, cause, failures, first_failed_at, last_failed_at, next_try_at";

    /// <summary>Notes a failure: the first sets aside, each further one doubles the time to the next try, from 5 seconds up to an hour.</summary>
    /// <returns>How often it has failed by now.</returns>
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

    /// <summary>Enrollments whose next try is due, the sites by turns, and the longest due of each first.</summary>
    public Task<IReadOnlyList<(Guid SiteId, Guid EnrollmentId)>> ListDueAsync(int limit, CancellationToken ct)
    {
        // Site by site, so that the cost does not grow with how many of one site are due.
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

    /// <summary>Takes one whose next try is due, so that no other replica tries it meanwhile. False when it is not to be tried now.</summary>
    /// <param name="siteId">Its site.</param>
    /// <param name="enrollmentId">The enrollment.</param>
    /// <param name="claim">How long it is not due again, unless its next try fails: who takes it may crash.</param>
    /// <param name="locked">How long it is not due again if somebody has it locked, in which others get their turn.</param>
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

    /// <summary>It moves again, or has ended.</summary>
    public static Task RemoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid enrollmentId, CancellationToken ct)
    {
        const string sql = "delete from enrollment.set_aside where site_id = @siteId and enrollment_id = @enrollmentId";
        return transaction.ExecuteAsync(sql, new { siteId, enrollmentId }, ct);
    }

    /// <summary>One that is set aside; null when it is not.</summary>
    public async Task<SetAsideRow?> FindAsync(Guid siteId, Guid enrollmentId, CancellationToken ct)
    {
        const string sql = $"select {Columns} from enrollment.set_aside where site_id = @siteId and enrollment_id = @enrollmentId";
        return (await source.QueryAsync<SetAsideRow>(sql, new { siteId, enrollmentId }, ct)).SingleOrDefault();
    }

    /// <summary>A page of a site's, by enrollment, after one.</summary>
    public Task<IReadOnlyList<SetAsideRow>> ListAsync(Guid siteId, Guid after, int limit, CancellationToken ct)
    {
        const string sql = $"""
            select {Columns} from enrollment.set_aside where site_id = @siteId and enrollment_id > @after order by enrollment_id limit @limit
            """;
        return source.QueryAsync<SetAsideRow>(sql, new { siteId, after, limit }, ct);
    }

    /// <summary>How many are set aside, and how many wait in journeys that run though their time came over a minute ago, at most 10,000 of each.</summary>
    /// <param name="siteId">Of one site; null for all.</param>
    /// <param name="leftAlone">Journeys whose waits do not count.</param>
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
