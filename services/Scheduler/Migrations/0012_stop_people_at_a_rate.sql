-- The most people that a job processes a second; 0 for as fast as it goes. And when its next chunk may be sent, where that is later than at once.
alter table scheduler.job
    add column if not exists people_per_second integer not null default 0 check (people_per_second >= 0),
    add column if not exists ready_at timestamptz;

-- Validated apart, so that nobody waits for the look at the rows that are there.
alter table scheduler.job drop constraint if exists job_kind_check;
alter table scheduler.job add constraint job_kind_check
    check (kind in ('AUDIENCE_SWEEP', 'LIST_ENROLLMENT', 'ARCHIVE', 'RELEASE', 'ERASURE', 'STOP')) not valid;
alter table scheduler.job validate constraint job_kind_check;
