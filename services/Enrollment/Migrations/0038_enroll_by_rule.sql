-- Whom somebody enrolls by a rule: what its job needs of the request.
create table if not exists enrollment.rule_enrollment (
    site_id uuid not null,
    -- The id of the job.
    job_id uuid not null,
    journey_id uuid not null,
    -- journeys.rule.v1.Rule
    rule bytea not null,
    -- People who matched when it was made.
    people integer not null check (people >= 0),
    created_at timestamptz not null default now(),
    primary key (site_id, job_id)
);
