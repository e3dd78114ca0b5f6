create table enrollment.enrollment (
    site_id uuid not null,
    enrollment_id uuid not null,
    journey_id uuid not null,
    version integer not null,
    profile_id uuid not null,
    -- The id the person first came with; splits hash it, so that stitching does not change a variant.
    first_id text not null,
    anonymous_id text not null default '',
    attempt integer not null check (attempt > 0),
    -- Whether this is the person's newest attempt in this journey. At most one is.
    is_latest boolean not null,
    status text not null check (status in ('ACTIVE', 'COMPLETED', 'STOPPED', 'ARCHIVED')),
    source text not null check (source in ('API', 'LIST', 'AUDIENCE', 'TRIGGER', 'SDK')),
    node_id text not null,
    visit_no integer not null check (visit_no > 0),
    waiting_for text not null check (waiting_for in ('NOTHING', 'REPORT', 'EVENT', 'TIME', 'PARKED')),
    waiting_since timestamptz not null,
    wake_at timestamptz,
    -- `journey.<nodeId>.<key>`
    data jsonb not null default '{}',
    steps_done integer not null default 0,
    outcome text not null default '',
    stop_reason text not null default '',
    goal_at timestamptz,
    merged_into_id uuid,
    entered_at timestamptz not null,
    updated_at timestamptz not null,
    ended_at timestamptz,
    primary key (site_id, enrollment_id),
    -- Nobody gets stuck: an active one waits for exactly one nameable thing, an ended one for nothing.
    check ((status = 'ACTIVE') = (waiting_for <> 'NOTHING')),
    check (waiting_for not in ('TIME', 'PARKED') or wake_at is not null),
    check (status = 'ACTIVE' or wake_at is null),
    check ((status = 'ACTIVE') = (ended_at is null))
) with (fillfactor = 85);

-- Enrolled once, however many requests race.
create unique index enrollment_latest on enrollment.enrollment (site_id, journey_id, profile_id) where is_latest;
create index enrollment_person on enrollment.enrollment (site_id, profile_id);
create index enrollment_listing on enrollment.enrollment (site_id, journey_id, enrollment_id desc);
-- People who are inside now, for archiving and for listing who is at a node.
create index enrollment_active on enrollment.enrollment (site_id, journey_id, enrollment_id) where status = 'ACTIVE';
-- The watchdog looks here.
create index enrollment_wake on enrollment.enrollment (wake_at) where wake_at is not null;

-- The history that people see. Append-only.
create table enrollment.visit (
    site_id uuid not null,
    enrollment_id uuid not null,
    visit_no integer not null check (visit_no > 0),
    node_id text not null,
    branch text not null default '',
    cause text not null,
    detail text not null default '',
    entered_at timestamptz not null,
    primary key (site_id, enrollment_id, visit_no)
);

-- How content was finished, for rules that ask.
create table enrollment.content_outcome (
    site_id uuid not null,
    enrollment_id uuid not null,
    visit_no integer not null,
    profile_id uuid not null,
    content_id text not null,
    outcome text not null check (outcome in ('COMPLETED', 'DISMISSED', 'SKIPPED')),
    occurred_at timestamptz not null,
    primary key (site_id, enrollment_id, visit_no)
);
create index content_outcome_person on enrollment.content_outcome (site_id, profile_id, content_id);

-- What came while the journey was paused, applied in order on resume.
create table enrollment.held_signal (
    site_id uuid not null,
    enrollment_id uuid not null,
    held_signal_id bigint generated always as identity,
    journey_id uuid not null,
    signal jsonb not null,
    held_at timestamptz not null,
    primary key (site_id, enrollment_id, held_signal_id)
);
create index held_signal_journey on enrollment.held_signal (site_id, journey_id, held_signal_id);
