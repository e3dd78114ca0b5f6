-- Journeys that are tried out on people in virtual time, with what came of it.
create table enrollment.simulation (
    site_id uuid not null,
    simulation_id uuid not null,
    journey_id uuid not null,
    status text not null check (status in ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED')),
    creator text not null,
    -- What was asked for; the designs and audiences as they were then.
    request bytea not null,
    document bytea not null,
    baseline bytea,
    done integer not null default 0 check (done >= 0),
    total integer not null check (total > 0),
    -- Of the worker that runs it. It renews the lease, and stores nothing once another has it.
    tries integer not null default 0,
    lease_id uuid,
    lease_until timestamptz,
    began_at timestamptz,
    error_reason text not null default '',
    error text not null default '',
    input_digest text not null default '',
    report_digest text not null default '',
    passed boolean not null default false,
    summary bytea,
    report bytea,
    created_at timestamptz not null,
    ended_at timestamptz,
    primary key (site_id, simulation_id),
    check ((status = 'RUNNING') = (lease_id is not null)),
    check ((lease_id is null) = (lease_until is null)),
    check ((status in ('QUEUED', 'RUNNING')) = (ended_at is null)),
    check ((status = 'COMPLETED') = (report is not null)),
    check ((status = 'COMPLETED') = (summary is not null))
);
create index simulation_journey on enrollment.simulation (site_id, journey_id, simulation_id desc);
create index simulation_site_began on enrollment.simulation (site_id, began_at desc);
create index simulation_open on enrollment.simulation (created_at) where status in ('QUEUED', 'RUNNING');
create index simulation_age on enrollment.simulation (created_at);

-- Some of the people who walked, with their timelines.
create table enrollment.simulated_person (
    site_id uuid not null,
    simulation_id uuid not null,
    person_index integer not null check (person_index >= 0),
    -- Of somebody who is real; null for an invented person.
    profile_id uuid,
    summary bytea not null,
    -- What lists are filtered by: nodes, ways, endings and findings, as SimulatedPersonStore writes them.
    marks jsonb not null check (jsonb_typeof(marks) = 'array'),
    timeline bytea not null,
    primary key (site_id, simulation_id, person_index),
    foreign key (site_id, simulation_id) references enrollment.simulation on delete cascade
);
create index simulated_person_profile on enrollment.simulated_person (site_id, profile_id) where profile_id is not null;
