-- Messages that were committed with a change and are not confirmed by the broker yet.
create table {schema}.outbox (
    -- Also the id of the message. A UUID v7, so older messages come first.
    outbox_id    uuid primary key,
    -- Full protobuf name.
    message_type text not null check (message_type <> ''),
    body         bytea not null,
    -- W3C trace context of the change, so that a trace goes on behind the broker.
    trace_parent text,
    created_at   timestamptz not null default now(),
    -- Until then nobody else takes it: a relay is publishing it, or a failed one rests.
    lease_until  timestamptz not null default '-infinity',
    attempts     integer not null default 0
)
-- Rows live for milliseconds: without these the dead ones pile up faster than the defaults clean.
with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000);

create index outbox_due on {schema}.outbox (lease_until, outbox_id);
