-- Counts for analytics, kept in the transaction that changes what they count. Every change appends rows here, so that
-- no two transactions wait for one counter; a loop folds them into journey_statistic. The truth is the sum of both.

create table enrollment.statistic_change (
    statistic_change_id bigint generated always as identity primary key,
    site_id uuid not null,
    journey_id uuid not null,
    version integer not null,
    -- Day (UTC) on which the enrollment began, for date ranges.
    entry_day date not null,
    kind text not null check (kind in ('ENTERED', 'LEFT', 'HERE', 'SPENT', 'STATUS', 'OUTCOME', 'GOAL', 'DONE_ON', 'GOAL_ON')),
    node_id text not null default '',
    -- LEFT: the branch. STATUS: the status. OUTCOME: the outcome. DONE_ON and GOAL_ON: the day.
    label text not null default '',
    -- LEFT: the node it led to.
    target_id text not null default '',
    -- SPENT: which bucket of durations.
    bucket integer not null default 0,
    amount bigint not null
);
create index statistic_change_journey on enrollment.statistic_change (site_id, journey_id);

create table enrollment.journey_statistic (
    site_id uuid not null,
    journey_id uuid not null,
    version integer not null,
    entry_day date not null,
    kind text not null,
    node_id text not null,
    label text not null,
    target_id text not null,
    bucket integer not null,
    amount bigint not null,
    primary key (site_id, journey_id, version, entry_day, kind, node_id, label, target_id, bucket)
);
