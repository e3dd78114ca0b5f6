-- When the newest change happened, and when the newest version was published. After a restore of Definition from a backup numbers are given again, to other
-- changes and versions; their times are others. Null where a release before this one took the change over.
alter table scheduler.journey
    add column if not exists moved_at timestamptz,
    add column if not exists published_at timestamptz;
alter table scheduler.audience add column if not exists changed_at timestamptz;

-- A release before this one sets the number of a change and leaves the time, which is that of another change then.
create or replace function scheduler.forget_moved_at() returns trigger language plpgsql as $$
begin
    new.moved_at := null;
    return new;
end
$$;
create or replace trigger forget_moved_at before update on scheduler.journey for each row
    when (new.change_no <> old.change_no and new.moved_at is not distinct from old.moved_at)
    execute function scheduler.forget_moved_at();
create or replace function scheduler.forget_changed_at() returns trigger language plpgsql as $$
begin
    new.changed_at := null;
    return new;
end
$$;
create or replace trigger forget_changed_at before update on scheduler.audience for each row
    when (new.revision <> old.revision and new.changed_at is not distinct from old.changed_at)
    execute function scheduler.forget_changed_at();
