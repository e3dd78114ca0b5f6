-- PostgreSQL also knows times before the year 1 and after 9999, which programs cannot read. One such row, restored or edited by hand, could not even be
-- set aside. Not validated: what is there was written by programs, and to look at each row takes a lock for too long.
alter table enrollment.enrollment add constraint enrollment_readable check (
    waiting_since >= '0001-01-01 00:00+00' and waiting_since < '10000-01-01 00:00+00' and wake_at >= '0001-01-01 00:00+00' and wake_at < '10000-01-01 00:00+00'
    and goal_at >= '0001-01-01 00:00+00' and goal_at < '10000-01-01 00:00+00' and entered_at >= '0001-01-01 00:00+00' and entered_at < '10000-01-01 00:00+00'
    and updated_at >= '0001-01-01 00:00+00' and updated_at < '10000-01-01 00:00+00' and ended_at >= '0001-01-01 00:00+00' and ended_at < '10000-01-01 00:00+00') not valid;
alter table enrollment.held_signal add constraint held_signal_readable check (held_at >= '0001-01-01 00:00+00' and held_at < '10000-01-01 00:00+00') not valid;
alter table enrollment.set_aside add constraint set_aside_readable check (
    first_failed_at >= '0001-01-01 00:00+00' and first_failed_at < '10000-01-01 00:00+00' and last_failed_at >= '0001-01-01 00:00+00' and last_failed_at < '10000-01-01 00:00+00'
    and next_try_at >= '0001-01-01 00:00+00' and next_try_at < '10000-01-01 00:00+00') not valid;
