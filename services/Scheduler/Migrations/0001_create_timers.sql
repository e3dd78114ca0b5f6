-- Waits that end by themselves. A row lives from the request until it was sent. (enrollment, visit) names a timer.
create table scheduler.timer (
    -- 64 shards by hash of the enrollment, so that the table can be spread.
    shard smallint not null check (shard between 0 and 63),
    due_at timestamptz not null,
    site_id uuid not null,
    journey_id uuid not null,
    enrollment_id uuid not null,
    visit_no integer not null check (visit_no > 0),
    primary key (shard, enrollment_id, visit_no)
)
-- Rows come and go all the time: without these the dead ones pile up faster than the defaults clean.
with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
create index timer_due on scheduler.timer (due_at);
create index timer_journey on scheduler.timer (site_id, journey_id, due_at);

-- Timers of paused journeys that fell due, out of the way of the others.
create table scheduler.parked_timer (
    site_id uuid not null,
    journey_id uuid not null,
    due_at timestamptz not null,
    enrollment_id uuid not null,
    visit_no integer not null,
    primary key (site_id, journey_id, due_at, enrollment_id, visit_no)
);
