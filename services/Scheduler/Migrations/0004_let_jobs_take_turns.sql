-- Jobs take turns: the one that has not come on for longest is next.
drop index scheduler.job_running;
create index job_running on scheduler.job (updated_at) where status = 'RUNNING';
create index job_running_journey on scheduler.job (site_id, journey_id) where status = 'RUNNING';
create index job_listing on scheduler.job (site_id, created_at desc, job_id desc);

-- When timers of the journey were last released after a pause.
alter table scheduler.journey add column released_at timestamptz;

-- Who uses an audience is asked from both sides.
create index journey_audience on scheduler.journey (site_id, audience_id) where audience_id is not null;
create index audience_time_dependent on scheduler.audience (site_id, audience_id) where time_dependent;
create index audience_uses on scheduler.audience using gin (uses);
