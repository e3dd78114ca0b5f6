-- What people answered, a row for each report that carried data. The data of an enrollment, which rules read, has only what was answered last at a node.
create table enrollment.response (
    site_id uuid not null,
    enrollment_id uuid not null,
    visit_no integer not null check (visit_no > 0),
    journey_id uuid not null,
    version integer not null,
    node_id text not null,
    outcome text not null check (outcome in ('COMPLETED', 'DISMISSED', 'SKIPPED')),
    answers jsonb not null check (jsonb_typeof(answers) = 'object'),
    answered_at timestamptz not null,
    primary key (site_id, enrollment_id, visit_no)
);
-- Newest first, a page at a time.
create index response_node on enrollment.response (site_id, journey_id, node_id, answered_at desc, enrollment_id desc, visit_no desc);
