-- What calls with a request id answered first, so that a repeat gets the same answer. Rows are removed after a day.
create table {schema}.idempotency_key (
    site_id      uuid not null,
    -- The rpc, such as CreateJourney: two calls may use the same request id for different things.
    call         text not null check (call <> ''),
    request_id   text not null check (request_id <> ''),
    -- SHA-256 of what was asked, so that another request under the same id is noticed.
    request_hash bytea not null check (octet_length(request_hash) = 32),
    -- What the call made, and what it found already there.
    made_ids     uuid[] not null,
    found_ids    uuid[] not null,
    created_at   timestamptz not null default now(),
    primary key (site_id, call, request_id)
);

create index idempotency_key_age on {schema}.idempotency_key (created_at);
