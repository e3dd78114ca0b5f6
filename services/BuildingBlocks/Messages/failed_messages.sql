-- Messages that a consumer of this service could not handle. They wait here for the next try, or are dead letters.
create table {schema}.failed_message (
    -- Derived from queue and message id: a message that comes again after a crash is the same row.
    failed_message_id uuid primary key,
    -- The consumer's queue, such as `scheduler.timers-requested`. It is tried there and nowhere else.
    queue             text not null check (queue <> ''),
    message_id        uuid not null,
    -- Full protobuf name, as the sender gave it.
    message_type      text not null,
    body              bytea not null,
    trace_parent      text,
    cause             text not null check (cause in ('UNREADABLE', 'UNKNOWN_TYPE', 'REFUSED', 'FAILED', 'CRASHED', 'PASSING')),
    -- Exception type and text of the last failure.
    error_type        text not null,
    error             text not null,
    -- Tries that count toward the limit: a fault that passes does not.
    tries             integer not null check (tries >= 0),
    -- All failures so far, for the rest between them.
    failures          integer not null check (failures >= 0),
    -- The sites that the body names.
    site_ids          uuid[] not null,
    first_failed_at   timestamptz not null default now(),
    last_failed_at    timestamptz not null default now(),
    -- When it is tried next, or until when somebody tries it. Null for a dead letter.
    next_try_at       timestamptz,
    -- Since when it is a dead letter.
    dead_at           timestamptz,
    check ((next_try_at is null) = (dead_at is not null))
);

create index failed_message_due on {schema}.failed_message (next_try_at) where next_try_at is not null;
create index failed_message_dead on {schema}.failed_message (dead_at desc, failed_message_id desc) where dead_at is not null;
