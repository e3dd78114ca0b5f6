-- What one site calls somebody is nothing to another.
alter table access.membership add column name text not null default '' check (char_length(name) <= 255);

update access.membership as membership
set name = member.name
from access.member as member
where member.member_id = membership.member_id;

-- lower() of other collations folds more than ASCII, such as U+212A to k, and would merge accounts.
alter table access.member
    drop constraint member_email_check,
    add constraint member_email_check check (email = lower(email collate "C") and char_length(email) between 3 and 254),
    -- When the owner showed that mail to this address reaches them: by a mailed link, or through the issuer. Null: nobody knows.
    add column email_proven_at timestamptz;

create table access.invitation (
    invitation_id uuid primary key,
    site_id       uuid not null references access.site on delete cascade,
    email         text not null check (email = lower(email collate "C") and char_length(email) between 3 and 254),
    name          text not null default '' check (char_length(name) <= 255),
    role          text not null check (role in ('VIEWER', 'EDITOR', 'ADMIN')),
    invited_by    text not null default '' check (char_length(invited_by) <= 255),
    -- Null while the link waits to be delivered: it is made when it is sent.
    token_hash    bytea unique check (length(token_hash) = 32),
    created_at    timestamptz not null default now(),
    expires_at    timestamptz not null,
    -- When the link was delivered, not only shown to the one who invited.
    sent_at       timestamptz,
    unique (site_id, email)
);

-- Whom an OpenID Connect issuer means by a subject.
create table access.identity (
    issuer     text not null,
    subject    text not null,
    member_id  uuid not null references access.member on delete cascade,
    created_at timestamptz not null default now(),
    primary key (issuer, subject),
    unique (member_id, issuer)
);

create table access.password_reset (
    reset_id   uuid primary key,
    member_id  uuid not null references access.member on delete cascade,
    token_hash bytea not null unique check (length(token_hash) = 32),
    -- Whether the link went to the member's address, so that its use proves the address.
    mailed     boolean not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);

create index password_reset_by_member on access.password_reset (member_id);

-- Links to deliver: of an invitation, or for a new password to whoever may have an account with this e-mail.
create table access.delivery (
    delivery_id   uuid primary key,
    invitation_id uuid unique references access.invitation on delete cascade,
    reset_email   text unique,
    failures      int not null default 0,
    created_at    timestamptz not null default now(),
    next_try_at   timestamptz not null default now(),
    check ((invitation_id is null) <> (reset_email is null))
);

create index delivery_by_next_try on access.delivery (next_try_at);
