-- A step was counted as five rows (entered, here, left, here no more, time spent) and is now one, from which the five follow:
-- MOVED has the node left (empty on entry), the branch, the node it led to, and the bucket of the time spent; ENDED the node
-- that an enrollment ended at. What was counted before is counted again from the visits.

delete from enrollment.statistic_change where kind in ('ENTERED', 'LEFT', 'HERE', 'SPENT');
delete from enrollment.journey_statistic where kind in ('ENTERED', 'LEFT', 'HERE', 'SPENT');

alter table enrollment.statistic_change drop constraint statistic_change_kind_check;
alter table enrollment.statistic_change add constraint statistic_change_kind_check
    check (kind in ('MOVED', 'ENDED', 'STATUS', 'OUTCOME', 'GOAL', 'DONE_ON', 'GOAL_ON'));

insert into enrollment.journey_statistic (site_id, journey_id, version, entry_day, kind, node_id, label, target_id, bucket, amount)
select e.site_id, e.journey_id, e.version, (e.entered_at at time zone 'UTC')::date, 'MOVED', coalesce(before.node_id, ''), v.branch, v.node_id,
       coalesce(round(ln(1 + greatest(0, extract(epoch from v.entered_at - before.entered_at) * 1000)) * 50), 0)::integer, count(*)
from enrollment.visit v
join enrollment.enrollment e on e.site_id = v.site_id and e.enrollment_id = v.enrollment_id
left join enrollment.visit before
    on before.site_id = v.site_id and before.enrollment_id = v.enrollment_id and before.visit_no = v.visit_no - 1
group by 1, 2, 3, 4, 6, 7, 8, 9
union all
select site_id, journey_id, version, (entered_at at time zone 'UTC')::date, 'ENDED', node_id, '', '', 0, count(*)
from enrollment.enrollment
where status <> 'ACTIVE'
group by 1, 2, 3, 4, 6;
