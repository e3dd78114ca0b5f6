-- Whether waits stop while the journey is paused, and whether they did before a resume; null where they run on. And when the pause
-- began that a resume ended.
alter table definition.journey add column if not exists timers text check (timers = 'FREEZE');
alter table definition.move
    add column if not exists timers text check (timers = 'FREEZE'),
    add column if not exists paused_at timestamptz;

-- Replicas of the release before know neither column: one that ends a pause must not leave how it ends to the next.
create or replace function definition.forget_pause() returns trigger language plpgsql as $$
begin
    new.paused_by := null;
    new.paused_at := null;
    new.pause_reason := null;
    new.resume_at := null;
    new.timers := null;
    new.late := null;
    new.late_after := null;
    return new;
end
$$;
