create table enrollment.profile (
    site_id uuid not null,
    profile_id uuid not null,
    -- Null for a visitor who was never identified.
    user_id text check (char_length(user_id) between 1 and 256),
    traits jsonb not null default '{}' check (jsonb_typeof(traits) = 'object'),
    -- device, browser, location and role, as rules read them.
    context jsonb not null default '{}' check (jsonb_typeof(context) = 'object'),
    time_zone text,
    locale text,
    created_at timestamptz not null,
    seen_at timestamptz not null,
    primary key (site_id, profile_id),
    unique (site_id, user_id)
);
create index profile_seen on enrollment.profile (site_id, seen_at desc, profile_id desc) where user_id is not null;

-- Which profile a visitor is. A visitor starts with a profile of its own and is joined to a user at most once.
create table enrollment.visitor (
    site_id uuid not null,
    anonymous_id text not null check (char_length(anonymous_id) between 1 and 256),
    profile_id uuid not null,
    joined_at timestamptz,
    primary key (site_id, anonymous_id),
    foreign key (site_id, profile_id) references enrollment.profile
);
create index visitor_profile on enrollment.visitor (site_id, profile_id);

create table enrollment.event (
    site_id uuid not null,
    event_id text not null check (char_length(event_id) between 1 and 64),
    profile_id uuid not null,
    name text not null check (char_length(name) between 1 and 128),
    properties jsonb not null default '{}',
    url text not null default '',
    occurred_at timestamptz not null,
    primary key (site_id, event_id)
);
create index event_profile on enrollment.event (site_id, profile_id, name, occurred_at);

create table enrollment.user_list (
    site_id uuid not null,
    list_id uuid not null,
    name text not null check (char_length(name) between 1 and 255),
    description text not null default '',
    members integer not null default 0 check (members >= 0),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (site_id, list_id),
    unique (site_id, name)
);

create table enrollment.user_list_member (
    site_id uuid not null,
    list_id uuid not null,
    profile_id uuid not null,
    primary key (site_id, list_id, profile_id),
    foreign key (site_id, list_id) references enrollment.user_list on delete cascade
);
create index user_list_member_profile on enrollment.user_list_member (site_id, profile_id);

-- Ids that were erased, as SHA-256 of kind and id, so that later calls do not revive anybody and nobody can be read off.
create table enrollment.erased_person (
    site_id uuid not null,
    id_hash bytea not null check (octet_length(id_hash) = 32),
    erased_at timestamptz not null,
    primary key (site_id, id_hash)
);

-- First answers of creating calls, so that a repeat gets the same one.
create table enrollment.request (
    site_id uuid not null,
    request_id text not null,
    answer_id uuid not null,
    created_at timestamptz not null default now(),
    primary key (site_id, request_id)
);
