-- Of pauses that began before the column, or under a replica of the release before it: when the status changed.
update enrollment.journey set paused_at = coalesce(status_at, moved_at)
where status = 'PAUSED' and halted_change_no is null and paused_at is null;
