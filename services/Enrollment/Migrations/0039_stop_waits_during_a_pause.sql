-- Pauses during which waits stopped. The `thawed_at` of an enrollment is the newest `noted_at` of those that are in its `wake_at`.
create table if not exists enrollment.frozen_pause (
    site_id uuid not null,
    journey_id uuid not null,
    paused_at timestamptz not null,
    resumed_at timestamptz not null,
    -- When it was noted here, later than every earlier one: news may come in any order.
    noted_at timestamptz not null,
    primary key (site_id, journey_id, resumed_at),
    check (paused_at <= resumed_at)
);

alter table enrollment.journey
    -- When the newest of them was noted; null without any.
    add column if not exists frozen_at timestamptz,
    -- When the present pause began.
    add column if not exists paused_at timestamptz;

alter table enrollment.enrollment add column if not exists thawed_at timestamptz;
