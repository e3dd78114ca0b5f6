-- What Definition has told us of journeys, as far as it matters here.
create table scheduler.journey (
    site_id uuid not null,
    journey_id uuid not null,
    change_no integer not null,
    status text not null check (status in ('DRAFT', 'PUBLISHED', 'PAUSED', 'ARCHIVED')),
    version integer not null default 0,
    -- Of the newest version; null where everybody or nobody in particular is meant.
    audience_id uuid,
    auto_enroll boolean not null default false,
    swept_at timestamptz,
    primary key (site_id, journey_id)
);
create index journey_paused on scheduler.journey (site_id, journey_id) where status = 'PAUSED';

create table scheduler.audience (
    site_id uuid not null,
    audience_id uuid not null,
    revision integer not null,
    -- Whether somebody may come to match by the mere passing of time.
    time_dependent boolean not null,
    -- Other audiences that its rule names.
    uses uuid[] not null,
    primary key (site_id, audience_id)
);

create table scheduler.job (
    site_id uuid not null,
    job_id uuid not null,
    kind text not null check (kind in ('AUDIENCE_SWEEP', 'LIST_ENROLLMENT', 'ARCHIVE', 'RELEASE', 'ERASURE')),
    status text not null default 'RUNNING' check (status in ('RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED')),
    journey_id uuid,
    subject_id text not null default '',
    -- Where the next chunk begins; Enrollment knows what it means.
    cursor text not null default '',
    -- The chunk in flight, or the one to be sent next.
    chunk_no integer not null default 1,
    -- When the chunk in flight was sent; null when none is.
    sent_at timestamptz,
    done integer not null default 0,
    changed integer not null default 0,
    total integer not null default 0,
    error text not null default '',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    ended_at timestamptz,
    primary key (site_id, job_id),
    check ((status = 'RUNNING') = (ended_at is null))
);
create index job_running on scheduler.job (created_at) where status = 'RUNNING';
create unique index job_by_id on scheduler.job (job_id);

-- Counts of repairs, by message, so that a repeated message counts once.
create table scheduler.repair (
    message_id uuid primary key,
    count integer not null,
    repaired_at timestamptz not null
);
