-- When the newest change happened, and when a version was published. After a restore of Definition from a backup numbers are given again, to other changes
-- and versions; their times are others. Null where a release before this one took the change over.
alter table enrollment.journey
    add column if not exists moved_at timestamptz,
    -- How often a version has been replaced by another one with its number, so that each replica knows when its copy in memory is not that version.
    add column if not exists replaced integer not null default 0,
    -- When the status changed here, for those who watch somebody inside.
    add column if not exists status_at timestamptz;
alter table enrollment.journey_version add column if not exists published_at timestamptz;
alter table enrollment.audience add column if not exists changed_at timestamptz;
