-- concurrently
create index concurrently if not exists parked_timer_unreadable on scheduler.parked_timer (enrollment_id)
    where not (due_at >= '0001-01-01 00:00+00' and due_at < '10000-01-01 00:00+00');
