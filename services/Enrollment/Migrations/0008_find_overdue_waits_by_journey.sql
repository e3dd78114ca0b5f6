-- The watchdog looks journey by journey: overdue waits of a paused journey, however many, are then not in its way.
create index enrollment_overdue on enrollment.enrollment (site_id, journey_id, wake_at) where wake_at is not null;
drop index enrollment.enrollment_wake;
