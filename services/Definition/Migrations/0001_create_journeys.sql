create table definition.journey (
    site_id uuid not null,
    journey_id uuid not null,
    status text not null check (status in ('DRAFT', 'PUBLISHED', 'PAUSED', 'ARCHIVED')),
    -- The newest published version; 0 before the first.
    version integer not null default 0 check (version >= 0),
    revision integer not null default 1 check (revision > 0),
    -- Grows with every move from status to status, and with every publication.
    change_no integer not null default 0,
    -- The draft, journeys.definition.v1.Design; name and audience stand beside it to be searched.
    draft bytea not null,
    name text not null check (char_length(name) between 1 and 255),
    nodes integer not null,
    edges integer not null,
    draft_changed boolean not null default true,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    published_at timestamptz,
    primary key (site_id, journey_id)
);
create index journey_listing on definition.journey (site_id, updated_at desc, journey_id desc);

create table definition.version (
    site_id uuid not null,
    journey_id uuid not null,
    version integer not null check (version > 0),
    -- journeys.definition.v1.Design
    design bytea not null,
    nodes integer not null,
    edges integer not null,
    publisher text not null,
    published_at timestamptz not null,
    primary key (site_id, journey_id, version),
    foreign key (site_id, journey_id) references definition.journey
);

create function definition.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'A published version never changes.';
end $$;
create trigger version_is_immutable before update or delete on definition.version
    for each row execute function definition.refuse_change();

create table definition.audience (
    site_id uuid not null,
    audience_id uuid not null,
    name text not null check (char_length(name) between 1 and 255),
    description text not null default '',
    -- journeys.rule.v1.Rule
    rule bytea not null,
    revision integer not null default 1 check (revision > 0),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (site_id, audience_id),
    unique (site_id, name)
);

-- Which audiences a journey's draft, or its newest version, uses.
create table definition.audience_use (
    site_id uuid not null,
    journey_id uuid not null,
    audience_id uuid not null,
    of_draft boolean not null,
    primary key (site_id, journey_id, audience_id, of_draft),
    foreign key (site_id, journey_id) references definition.journey on delete cascade,
    foreign key (site_id, audience_id) references definition.audience
);
create index audience_use_audience on definition.audience_use (site_id, audience_id);

-- First answers of creating calls, so that a repeat gets the same one.
create table definition.request (
    site_id uuid not null,
    request_id text not null,
    answer_id uuid not null,
    created_at timestamptz not null default now(),
    primary key (site_id, request_id)
);
