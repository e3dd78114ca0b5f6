-- Erasures whose messages in the outbox are not all looked at yet. A release before this one looks at all of them in the call, and leaves none here.
create table if not exists enrollment.redaction (
    site_id uuid not null,
    -- Of a profile that is no more: it names nobody.
    profile_id uuid not null,
    -- Of the ids that messages may have, as in `erased_person`.
    id_hashes bytea[] not null,
    -- Messages up to this one are looked at.
    reached uuid not null,
    -- The newest message when the person was erased. Later ones name nobody.
    until uuid not null,
    created_at timestamptz not null default now(),
    primary key (site_id, profile_id)
);
