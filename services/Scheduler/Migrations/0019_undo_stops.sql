-- Validated by the next script, so that nobody waits for the look at the rows that are there.
alter table scheduler.job drop constraint if exists job_kind_check;
alter table scheduler.job add constraint job_kind_check
    check (kind in ('AUDIENCE_SWEEP', 'LIST_ENROLLMENT', 'ARCHIVE', 'RELEASE', 'ERASURE', 'STOP', 'RULE_ENROLLMENT', 'UNDO_STOP')) not valid;
