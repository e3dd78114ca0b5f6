-- Orders the events that happened at the same time: those of one call are a microsecond apart. Null where a release before this one stored it.
alter table enrollment.event add column if not exists recorded_at timestamptz;
