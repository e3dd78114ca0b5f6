-- What Definition has told us: copies that events keep up to date. Nothing here is edited by hand.

create table enrollment.journey (
    site_id uuid not null,
    journey_id uuid not null,
    -- The newest move that was seen; older news changes nothing.
    change_no integer not null,
    status text not null check (status in ('DRAFT', 'PUBLISHED', 'PAUSED', 'ARCHIVED')),
    version integer not null check (version >= 0),
    -- Overdue waits are released at a bounded rate after a resume; the watchdog keeps out of that.
    resumed_at timestamptz,
    primary key (site_id, journey_id)
);

create table enrollment.journey_version (
    site_id uuid not null,
    journey_id uuid not null,
    version integer not null check (version > 0),
    -- journeys.definition.v1.Version
    body bytea not null,
    primary key (site_id, journey_id, version)
);

create table enrollment.audience (
    site_id uuid not null,
    audience_id uuid not null,
    revision integer not null,
    name text not null,
    -- journeys.rule.v1.Rule; null once deleted.
    rule bytea,
    primary key (site_id, audience_id)
);

-- Grows with every change above, so that each replica knows when its copy in memory is old.
create table enrollment.catalog (
    site_id uuid primary key,
    change_no bigint not null
);
