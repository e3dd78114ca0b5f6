-- Cancelled and erased waits take their parked timers with them.
create index parked_timer_enrollment on scheduler.parked_timer (enrollment_id, visit_no);
