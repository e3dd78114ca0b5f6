-- At most how many people a second continue after a resume, of those whose wait ended during the pause. Null for as many as the
-- Scheduler is configured for.
alter table definition.journey add column if not exists release_per_second integer check (release_per_second > 0);
alter table definition.move add column if not exists release_per_second integer check (release_per_second > 0);

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
    new.release_per_second := null;
    return new;
end
$$;
