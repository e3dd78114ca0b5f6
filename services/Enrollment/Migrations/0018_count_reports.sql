-- Reports of finished content are counted by node and outcome, apart from the branches they take: an outcome without a branch of its own takes the
-- default one. What is stored before this, and by the release before during an update, is not counted yet; `CountOldReports` does it bit by bit.
alter table enrollment.content_outcome add column counted boolean not null default false;

alter table enrollment.statistic_change drop constraint statistic_change_kind_check;
alter table enrollment.statistic_change add constraint statistic_change_kind_check
    check (kind in ('MOVED', 'ENDED', 'REPORTED', 'STATUS', 'OUTCOME', 'GOAL', 'DONE_ON', 'GOAL_ON')) not valid;
