-- The newest chunk of each job that was done, and its answer: one that comes again is answered the same and does nothing.
create table enrollment.job_chunk (
    job_id uuid primary key,
    chunk_no integer not null,
    -- journeys.events.v1.ChunkCompleted
    answer bytea not null,
    answered_at timestamptz not null
);
create index job_chunk_age on enrollment.job_chunk (answered_at);
