-- PostgreSQL also knows times before the year 1 and after 9999, which programs cannot read. One such row, restored or edited by hand, would stop the
-- loop that serves all. Not validated: what is there was written by programs, and to look at each row takes a lock for too long.
alter table scheduler.timer add constraint timer_readable check (due_at >= '0001-01-01 00:00+00' and due_at < '10000-01-01 00:00+00') not valid;
alter table scheduler.parked_timer add constraint parked_timer_readable check (due_at >= '0001-01-01 00:00+00' and due_at < '10000-01-01 00:00+00') not valid;
alter table scheduler.job add constraint job_readable check (
    created_at >= '0001-01-01 00:00+00' and created_at < '10000-01-01 00:00+00' and updated_at >= '0001-01-01 00:00+00' and updated_at < '10000-01-01 00:00+00'
    and sent_at >= '0001-01-01 00:00+00' and sent_at < '10000-01-01 00:00+00' and ended_at >= '0001-01-01 00:00+00' and ended_at < '10000-01-01 00:00+00') not valid;
