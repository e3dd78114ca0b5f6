-- Until when a stop can be undone (null for never), and when and by whom that was requested, with the id of its job.
alter table enrollment.stop
    add column if not exists undo_until timestamptz,
    add column if not exists undone_at timestamptz,
    add column if not exists undone_by text not null default '',
    add column if not exists undo_job_id uuid;

-- Who was stopped by which stop, with what they waited for. A row is removed when its enrollment continues, or must not any more.
create table if not exists enrollment.stopped (
    site_id uuid not null,
    stop_id uuid not null,
    enrollment_id uuid not null,
    waiting_for text not null,
    wake_at timestamptz,
    primary key (site_id, stop_id, enrollment_id)
);
create index if not exists stopped_by_enrollment on enrollment.stopped (site_id, enrollment_id);

-- How often an enrollment has continued because a stop was undone.
alter table enrollment.enrollment add column if not exists continued integer not null default 0;
