-- Requests and cancellations of a timer arrive in any order: the one that was made later counts. A cancellation that arrives before its request is
-- kept for a day as a cancelled row, which is never sent.
alter table scheduler.timer
    -- Null for what an earlier release asked for.
    add column changed_at timestamptz,
    add column cancelled boolean not null default false;
