-- How a paused journey treats late people when it resumes, and how a resume did. Null where they catch up.
alter table definition.journey
    add column if not exists late text check (late in ('SKIP', 'EXIT')),
    add column if not exists late_after interval;
alter table definition.move
    add column if not exists late text check (late in ('SKIP', 'EXIT')),
    add column if not exists late_after interval;

-- Replicas of the release before know neither column: one that ends a pause must not leave how it ends to the next.
create or replace function definition.forget_pause() returns trigger language plpgsql as $$
begin
    new.paused_by := null;
    new.paused_at := null;
    new.pause_reason := null;
    new.resume_at := null;
    new.late := null;
    new.late_after := null;
    return new;
end
$$;
