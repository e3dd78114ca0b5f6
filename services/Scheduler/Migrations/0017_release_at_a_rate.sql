-- What the newest resume said, and when it was: at most so many timers a second are released. Null for as many as is configured.
alter table scheduler.journey
    add column if not exists release_per_second integer check (release_per_second > 0),
    add column if not exists resumed_at timestamptz;
