-- Who paused a journey, when, why, and when it resumes automatically. Null while it is not paused.
alter table definition.journey
    add column if not exists paused_by text,
    add column if not exists paused_at timestamptz,
    add column if not exists pause_reason text check (char_length(pause_reason) <= 1000),
    add column if not exists resume_at timestamptz;

create index if not exists journey_to_resume on definition.journey (resume_at) where resume_at is not null;

-- Replicas of the release before know none of these columns: one that ends a pause must not leave its end to the next.
create or replace function definition.forget_pause() returns trigger language plpgsql as $$
begin
    new.paused_by := null;
    new.paused_at := null;
    new.pause_reason := null;
    new.resume_at := null;
    return new;
end
$$;

create or replace trigger journey_forgets_pause before update on definition.journey
    for each row when (new.status <> 'PAUSED' and new.paused_at is not null)
    execute function definition.forget_pause();
