-- When the newest change happened, and when the newest version was published. After a restore of Definition from a backup numbers are given again, to other
-- changes and versions; their times are others. Null where a release before this one took the change over.
alter table scheduler.journey
    add column if not exists moved_at timestamptz,
    add column if not exists published_at timestamptz;
alter table scheduler.audience add column if not exists changed_at timestamptz;
