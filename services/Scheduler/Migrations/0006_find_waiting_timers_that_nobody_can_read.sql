-- concurrently
-- There are none but those from before the constraint, so this is empty: to look for them costs nothing, however many timers wait.
create index concurrently if not exists timer_unreadable on scheduler.timer (enrollment_id)
    where not (due_at >= '0001-01-01 00:00+00' and due_at < '10000-01-01 00:00+00');
