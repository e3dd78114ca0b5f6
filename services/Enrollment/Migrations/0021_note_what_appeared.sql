-- When the content of a visit first appeared to the person, and why it did not where its page said so. Both are told by pages, once for each visit.
alter table enrollment.visit
    add column shown_at timestamptz,
    add column not_shown text not null default '';

alter table enrollment.statistic_change drop constraint statistic_change_kind_check;
alter table enrollment.statistic_change add constraint statistic_change_kind_check
    check (kind in ('MOVED', 'ENDED', 'REPORTED', 'SHOWN', 'NOT_SHOWN', 'STATUS', 'OUTCOME', 'GOAL', 'DONE_ON', 'GOAL_ON')) not valid;
