-- Whether all journeys of a site are halted. A site without a row never was.
create table if not exists definition.site_halt (
    site_id uuid primary key,
    -- Grows with every halt and resume.
    change_no integer not null check (change_no > 0),
    halted boolean not null,
    -- Who halted or resumed it last, and why it was halted.
    changed_by text not null,
    reason text not null check (char_length(reason) <= 1000),
    changed_at timestamptz not null,
    -- When Enrollment failed to take it last.
    tried_at timestamptz,
    acknowledged_at timestamptz
);
create index if not exists site_halt_unacknowledged on definition.site_halt (coalesce(tried_at, changed_at)) where acknowledged_at is null;
