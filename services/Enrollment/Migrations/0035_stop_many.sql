-- Whom somebody stops with many others, and why. The users are named by their profiles, so that nothing is left of one who is erased.
create table if not exists enrollment.stop (
    site_id uuid not null,
    stop_id uuid not null,
    journey_id uuid not null,
    node_ids text[] not null,
    versions integer[] not null,
    -- journeys.rule.v1.Rule
    rule bytea,
    -- Null where no users are named.
    profile_ids uuid[],
    reason text not null check (reason <> ''),
    -- 0 for as fast as it goes.
    people_per_second integer not null check (people_per_second >= 0),
    -- People who matched when it was made.
    people integer not null check (people >= 0),
    -- Who enters later stays.
    created_at timestamptz not null,
    primary key (site_id, stop_id)
);
