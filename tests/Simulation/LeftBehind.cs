using Dapper;

namespace Journeys.Simulations;

/// <summary>
/// What is left at the end of a run although nothing is under way any more. Looked for at once: the watchdog and the comparison of later seeds, which share
/// the tables, would repair it before the ledger looks.
/// </summary>
sealed class LeftBehind(World world, Guid siteId)
{
    // Every timer has been sent, so nobody waits for a time but behind a pause, where something has to wait for its end.
    const string Sql = """
        select format('Stuck: enrollment %s waits until %s at %s, and nothing will wake it.', e.enrollment_id, e.wake_at, e.node_id)
        from enrollment.enrollment e
        join enrollment.journey j using (site_id, journey_id)
        where e.site_id = @siteId and e.status = 'ACTIVE' and e.wake_at is not null
          and (j.status <> 'PAUSED'
               or not exists (select from scheduler.parked_timer t where t.enrollment_id = e.enrollment_id and t.visit_no = e.visit_no)
                  and not exists (select from enrollment.held_signal h where h.site_id = e.site_id and h.enrollment_id = e.enrollment_id))
        union all
        select format('Stuck: enrollment %s holds a signal, and its journey is %s.', e.enrollment_id, j.status)
        from enrollment.held_signal h
        join enrollment.enrollment e using (site_id, enrollment_id)
        join enrollment.journey j on j.site_id = e.site_id and j.journey_id = e.journey_id
        where e.site_id = @siteId and e.status = 'ACTIVE' and j.status <> 'PAUSED'
        union all
        select format('Lost: journey %s is %s in version %s (change %s), and %s does not know.', d.journey_id, d.status, d.version, d.change_no, copy.service)
        from definition.journey d
        cross join (values ('Enrollment'), ('Scheduler')) as copy (service)
        where d.site_id = @siteId and d.change_no > 0
          and not exists (
              select from (
                  select 'Enrollment' as service, site_id, journey_id, status, version, change_no from enrollment.journey
                  union all
                  select 'Scheduler', site_id, journey_id, status, version, change_no from scheduler.journey) as known
              where known.service = copy.service and known.site_id = d.site_id and known.journey_id = d.journey_id
                and known.status = d.status and known.version = d.version and known.change_no = d.change_no)
        """;

    /// <summary>One sentence for each.</summary>
    public async Task<IReadOnlyList<string>> ListAsync() => [.. await world.Driver.QueryAsync<string>(Sql, new { siteId })];
}
