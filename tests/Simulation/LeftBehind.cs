using Dapper;

namespace Journeys.Simulations;

/// <summary>
/// What is left at the end of a run although nothing is under way any more. Looked for at once: the watchdog and the comparison of later seeds, which share
/// the tables, would repair it before the ledger looks.
/// </summary>
sealed class LeftBehind(World world, Guid siteId, Guid poison)
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
        left join definition.site_halt halt on halt.site_id = d.site_id
        where d.site_id = @siteId and d.change_no > 0
          and not exists (
              select from (
                  select 'Enrollment' as service, site_id, journey_id, status, version, change_no, halted_change_no from enrollment.journey
                  union all
                  select 'Scheduler', site_id, journey_id, status, version, change_no, halted_change_no from scheduler.journey) as known
              where known.service = copy.service and known.site_id = d.site_id and known.journey_id = d.journey_id
                and known.version = d.version and known.change_no = d.change_no
                and known.status = case when halt.halted and d.status = 'PUBLISHED' then 'PAUSED' else d.status end
                and (known.halted_change_no is not null) = (coalesce(halt.halted, false) and d.status = 'PUBLISHED'))
        union all
        select format('Lost: audience %s has revision %s, and %s does not know.', d.audience_id, d.revision, copy.service)
        from definition.audience d
        cross join (values ('Enrollment'), ('Scheduler')) as copy (service)
        where d.site_id = @siteId
          and not exists (
              select from (
                  select 'Enrollment' as service, site_id, audience_id, revision from enrollment.audience
                  union all
                  select 'Scheduler', site_id, audience_id, revision from scheduler.audience) as known
              where known.service = copy.service and known.site_id = d.site_id and known.audience_id = d.audience_id and known.revision = d.revision)
        union all
        select format('Lost: %s is %s and never entered journey %s.', p.user_id, p.traits ->> 'plan', j.journey_id)
        from definition.journey j
        join definition.audience a on a.site_id = j.site_id
        join enrollment.profile p on p.site_id = j.site_id
        where j.site_id = @siteId and j.name = 'Club' and j.status = 'PUBLISHED' and p.user_id <> ''
          and p.traits ->> 'plan' = any (string_to_array(a.name, ','))
          and not exists (select from definition.site_halt h where h.site_id = j.site_id and h.halted)
          and not exists (select from enrollment.enrollment e where e.site_id = j.site_id and e.journey_id = j.journey_id and e.profile_id = p.profile_id)
        union all
        select format('Lost: %s is gone and still in journey %s.', p.user_id, e.journey_id)
        from enrollment.enrollment e
        join definition.journey j on j.site_id = e.site_id and j.journey_id = e.journey_id
        join enrollment.profile p on p.site_id = e.site_id and p.profile_id = e.profile_id
        where e.site_id = @siteId and j.name = 'Club' and j.status = 'PUBLISHED' and e.status = 'ACTIVE' and p.traits ->> 'plan' = 'gone'
          and not exists (select from definition.site_halt h where h.site_id = j.site_id and h.halted)
        union all
        select format('Left: stop %s has ended, and enrollment %s has not.', s.stop_id, e.enrollment_id)
        from enrollment.stop s
        join scheduler.job on job.job_id = s.stop_id and job.status = 'COMPLETED'
        join enrollment.enrollment e on e.site_id = s.site_id and e.journey_id = s.journey_id
        where s.site_id = @siteId and e.status = 'ACTIVE' and e.entered_at <= s.created_at
          and not exists (
              select from enrollment.stop undone
              where undone.site_id = s.site_id and undone.journey_id = s.journey_id and undone.undone_at is not null)
        union all
        select format('Left: the undo of stop %s has ended, and enrollment %s has not continued.', s.stop_id, stopped.enrollment_id)
        from enrollment.stop s
        join scheduler.job on job.job_id = s.undo_job_id and job.status = 'COMPLETED'
        join enrollment.stopped on stopped.site_id = s.site_id and stopped.stop_id = s.stop_id
        where s.site_id = @siteId
        union all
        select format('Lost: the list entered journey %s, but not %s.', job.journey_id, p.user_id)
        from scheduler.job
        join definition.journey j on j.site_id = job.site_id and j.journey_id = job.journey_id and j.name <> 'Club'
        join enrollment.user_list_member m on m.site_id = job.site_id and m.list_id::text = job.subject_id
        join enrollment.profile p on p.site_id = m.site_id and p.profile_id = m.profile_id
        where job.site_id = @siteId and job.kind = 'LIST_ENROLLMENT' and job.status = 'COMPLETED'
          and not exists (select from enrollment.enrollment e where e.site_id = j.site_id and e.journey_id = j.journey_id and e.profile_id = p.profile_id)
        union all
        select format('Left: erasure %s is not over.', job_id) from enrollment.erasure where site_id = @siteId
        union all
        select format('Left: visits of enrollment %s, which nobody has.', v.enrollment_id)
        from enrollment.visit v
        where v.site_id = @siteId
          and not exists (select from enrollment.enrollment e where e.site_id = v.site_id and e.enrollment_id = v.enrollment_id)
        union all
        select format('Doubled: one request published %s versions of journey %s.', count(*), journey_id)
        from definition.version
        where site_id = @siteId and note <> ''
        group by journey_id, note
        having count(*) > 1
        union all
        select format('Lost: message %s, which nobody can handle, is not kept as a dead letter after all its tries.', @poison)
        where @poison <> '00000000-0000-0000-0000-000000000000'
          and not exists (select from scheduler.failed_message where message_id = @poison and dead_at is not null and tries >= 12)
        """;

    /// <summary>One sentence for each.</summary>
    public async Task<IReadOnlyList<string>> ListAsync() => [.. await world.Driver.QueryAsync<string>(Sql, new { siteId, poison })];
}
