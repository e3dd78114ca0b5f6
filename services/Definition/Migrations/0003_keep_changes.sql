-- Every move of a journey's life. Services that keep a copy ask for what they missed, and Enrollment is told until it has acknowledged.
create table definition.move (
    site_id uuid not null,
    journey_id uuid not null,
    change_no integer not null check (change_no > 0),
    kind text not null check (kind in ('PUBLISHED', 'PAUSED', 'RESUMED', 'ARCHIVED', 'RESTORED')),
    -- The newest version after the move.
    version integer not null,
    moved_at timestamptz not null,
    -- When Enrollment failed to take it last.
    tried_at timestamptz,
    acknowledged_at timestamptz,
    primary key (site_id, journey_id, change_no),
    foreign key (site_id, journey_id) references definition.journey on delete cascade
);
create index move_unacknowledged on definition.move (coalesce(tried_at, moved_at)) where acknowledged_at is null;

-- The newest change of every audience, also of those that are deleted.
create table definition.audience_change (
    site_id uuid not null,
    audience_id uuid not null,
    revision integer not null check (revision > 0),
    name text not null,
    deleted boolean not null,
    changed_at timestamptz not null,
    tried_at timestamptz,
    acknowledged_at timestamptz,
    primary key (site_id, audience_id)
);
create index audience_change_unacknowledged on definition.audience_change (coalesce(tried_at, changed_at)) where acknowledged_at is null;

-- Of what was before, the newest is known.
insert into definition.move (site_id, journey_id, change_no, kind, version, moved_at, acknowledged_at)
select site_id, journey_id, change_no, case status when 'DRAFT' then 'RESTORED' else status end, version, updated_at, now()
from definition.journey
where change_no > 0;

insert into definition.audience_change (site_id, audience_id, revision, name, deleted, changed_at, acknowledged_at)
select site_id, audience_id, revision, name, false, updated_at, now()
from definition.audience;
