namespace Journeys.Ledgers.Checks;

/// <summary>
/// The counts of analytics equal a recount of enrollments and visits, including every bucket of durations.
/// </summary>
/// <remarks>
/// Erased people stay counted, so on a site with an erasure only counts that are too low are known to be wrong.
/// </remarks>
public sealed class Analytics : ICheck
{
    public IReadOnlyList<string> Names => ["analytics"];

    // A count is the sum of both tables, and is written in the same transaction as the rows it counts.
    public bool Settles => false;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        const string count = """
            select (select count(*) from enrollment.journey_statistic where (@site is null or site_id = @site))
                 + (select count(*) from enrollment.statistic_change where (@site is null or site_id = @site))
            """;
        const string sql = """
            with run as not materialized (
                select *, (entered_at at time zone 'UTC')::date as entry_day
                from enrollment.enrollment
                where (@site is null or site_id = @site)
            ), step as (
                select site_id, enrollment_id, node_id, branch, entered_at, shown_at, not_shown,
                       lag(node_id, 1, '') over history as before_id, lag(entered_at) over history as before_at
                from enrollment.visit
                where (@site is null or site_id = @site)
                window history as (partition by site_id, enrollment_id order by visit_no)
            ), recounted as (
                select run.site_id, run.journey_id, run.version, run.entry_day, 'MOVED' as kind, step.before_id as node_id, step.branch as label,
                       step.node_id as target_id,
                       coalesce(round(ln(1 + greatest(0, extract(epoch from step.entered_at - step.before_at)::float8 * 1000)) * 50), 0)::integer as bucket,
                       count(*) as amount
                from run
                join step on step.site_id = run.site_id and step.enrollment_id = run.enrollment_id
                group by 1, 2, 3, 4, 6, 7, 8, 9
                union all
                select site_id, journey_id, version, entry_day, 'ENDED', node_id, '', '', 0, count(*) from run where status <> 'ACTIVE' group by 1, 2, 3, 4, 6
                union all
                select run.site_id, run.journey_id, run.version, run.entry_day, case when step.shown_at is null then 'NOT_SHOWN' else 'SHOWN' end,
                       step.node_id, '', '', 0, count(*)
                from run
                join step on step.site_id = run.site_id and step.enrollment_id = run.enrollment_id
                where step.shown_at is not null or step.not_shown <> ''
                group by 1, 2, 3, 4, 5, 6
                union all
                select run.site_id, run.journey_id, run.version, run.entry_day, 'REPORTED', visit.node_id, content.outcome, '', 0, count(*)
                from run
                join enrollment.content_outcome content on content.site_id = run.site_id and content.enrollment_id = run.enrollment_id and content.counted
                join enrollment.visit visit
                    on visit.site_id = content.site_id and visit.enrollment_id = content.enrollment_id and visit.visit_no = content.visit_no
                group by 1, 2, 3, 4, 6, 7
                union all
                select site_id, journey_id, version, entry_day, 'STATUS', '', status, '', 0, count(*) from run group by 1, 2, 3, 4, 7
                union all
                select site_id, journey_id, version, entry_day, 'OUTCOME', '', outcome, '', 0, count(*) from run where status = 'COMPLETED' group by 1, 2, 3, 4, 7
                union all
                select site_id, journey_id, version, entry_day, 'DONE_ON', '', to_char(ended_at at time zone 'UTC', 'YYYY-MM-DD'), '', 0, count(*)
                from run where status = 'COMPLETED' group by 1, 2, 3, 4, 7
                union all
                select site_id, journey_id, version, entry_day, 'GOAL', '', '', '', 0, count(*) from run where goal_at is not null group by 1, 2, 3, 4
                union all
                select site_id, journey_id, version, entry_day, 'GOAL_ON', '', to_char(goal_at at time zone 'UTC', 'YYYY-MM-DD'), '', 0, count(*)
                from run where goal_at is not null group by 1, 2, 3, 4, 7
            ), counted as (
                select site_id, journey_id, version, entry_day, kind, node_id, label, target_id, bucket, amount
                from enrollment.journey_statistic where (@site is null or site_id = @site)
                union all
                select site_id, journey_id, version, entry_day, kind, node_id, label, target_id, bucket, amount
                from enrollment.statistic_change where (@site is null or site_id = @site)
            ), compared as (
                select site_id, journey_id, version, entry_day, kind, node_id, label, target_id, bucket, sum(counted)::bigint as counted, sum(recounted)::bigint as recounted
                from (
                    select site_id, journey_id, version, entry_day, kind, node_id, label, target_id, bucket, amount as counted, 0 as recounted from counted
                    union all
                    select site_id, journey_id, version, entry_day, kind, node_id, label, target_id, bucket, 0, amount from recounted) as both_sides
                group by 1, 2, 3, 4, 5, 6, 7, 8, 9
                having sum(counted) < sum(recounted)
                    or (sum(counted) > sum(recounted)
                        and not exists (select from enrollment.erased_person erased where erased.site_id = both_sides.site_id))
            )
            select case when bool_and(counted > recounted) then 'Doubled' when bool_and(counted < recounted) then 'Lost' else 'Unexpected' end, site_id,
                   format('journey=%s version=%s count=%s', journey_id, version, kind),
                   format('%s counts are wrong, such as %s: %s counted, %s there.', count(*),
                       (array_agg(concat_ws(' ', entry_day, nullif(node_id, ''), nullif(label, ''), nullif(target_id, ''), 'bucket ' || nullif(bucket, 0))
                           order by entry_day, node_id, label, target_id, bucket))[1],
                       (array_agg(counted order by entry_day, node_id, label, target_id, bucket))[1],
                       (array_agg(recounted order by entry_day, node_id, label, target_id, bucket))[1])
            from compared
            group by site_id, journey_id, version, kind
            order by site_id, journey_id, version, kind
            """;

        look.Saw(Names[0], await look.Snapshot.Enrollment.CountAsync(count, ct));
        await look.FindAsync(Names[0], look.Snapshot.Enrollment, sql, ct);
    }
}
