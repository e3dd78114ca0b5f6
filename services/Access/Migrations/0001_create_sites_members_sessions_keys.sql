create table access.site (
    site_id            uuid primary key,
    name               text not null check (char_length(name) between 1 and 255),
    allowed_origins    text[] not null default '{}' check (cardinality(allowed_origins) <= 50),
    require_user_token boolean not null default false,
    -- Not hashed: HS256 needs the key itself to verify.
    user_token_key     text,
    created_at         timestamptz not null default now(),
    first_event_at     timestamptz,
    check (not require_user_token or user_token_key is not null)
);

create table access.member (
    member_id     uuid primary key,
    email         text not null unique check (email = lower(email) and char_length(email) between 3 and 254),
    name          text not null default '' check (char_length(name) <= 255),
    -- Null: signs in through OIDC only.
    password_hash text,
    created_at    timestamptz not null default now()
);

create table access.membership (
    site_id    uuid not null references access.site on delete cascade,
    member_id  uuid not null references access.member on delete cascade,
    role       text not null check (role in ('VIEWER', 'EDITOR', 'ADMIN')),
    created_at timestamptz not null default now(),
    primary key (site_id, member_id)
);

create index membership_by_member on access.membership (member_id);

create table access.session (
    session_id uuid primary key,
    token_hash bytea not null unique check (length(token_hash) = 32),
    member_id  uuid not null references access.member on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);

create index session_by_member on access.session (member_id);
create index session_by_expiry on access.session (expires_at);

create table access.key (
    key_id     uuid primary key,
    site_id    uuid not null references access.site on delete cascade,
    kind       text not null check (kind in ('PUBLISHABLE', 'SECRET')),
    name       text not null check (char_length(name) between 1 and 255),
    prefix     text not null,
    key_hash   bytea not null unique check (length(key_hash) = 32),
    role       text not null check (role in ('PERSON', 'VIEWER', 'EDITOR', 'ADMIN')),
    created_at timestamptz not null default now(),
    used_at    timestamptz,
    revoked_at timestamptz,
    check ((kind = 'PUBLISHABLE') = (role = 'PERSON'))
);

create index key_by_site on access.key (site_id);
