-- How the newest resume treats people whose wait ended before a moment. Null where they catch up.
alter table enrollment.journey
    add column if not exists late text check (late in ('SKIP', 'EXIT')),
    add column if not exists late_before timestamptz;
