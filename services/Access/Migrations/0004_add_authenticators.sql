-- The authenticator app of an account: a second factor beside the password (TOTP, RFC 6238).
create table access.authenticator (
    member_id    uuid primary key references access.member on delete cascade,
    -- Not hashed: codes are computed from the secret itself.
    secret       bytea not null check (length(secret) = 20),
    created_at   timestamptz not null default now(),
    -- Null: not asked for yet, because nobody has shown that the app has the secret.
    confirmed_at timestamptz,
    -- The 30 seconds of the newest code that was accepted, counted from 1970: no code works twice.
    used_step    bigint not null default 0,
    -- Wrong codes in a row, and when the last one came.
    failures     int not null default 0,
    tried_at     timestamptz
);

-- What works once in place of a code, for who has lost the app.
create table access.recovery_code (
    member_id uuid not null references access.authenticator on delete cascade,
    code_hash bytea not null check (length(code_hash) = 32),
    primary key (member_id, code_hash)
);
