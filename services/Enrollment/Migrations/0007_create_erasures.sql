-- The job that removes what an id left, so that asking twice gives the same answer.
alter table enrollment.erased_person add column job_id uuid;

-- Erasures under way. The profile, its enrollments and its memberships went with the call; the job removes the rest by this row, and then the row.
create table enrollment.erasure (
    site_id uuid not null,
    -- Of a profile that is no more: it names nobody.
    profile_id uuid not null,
    job_id uuid not null,
    enrollment_ids uuid[] not null,
    -- Null until the Scheduler knows the job.
    started_at timestamptz,
    primary key (site_id, profile_id)
);
