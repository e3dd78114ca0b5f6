-- Who did what on a site. No foreign keys: the log outlives what it tells about.
create table access.audit (
    audit_id    uuid primary key,
    site_id     uuid not null,
    at          timestamptz not null,
    actor_kind  text not null check (actor_kind in ('MEMBER', 'KEY')),
    actor_id    text not null,
    -- As they were called then: the e-mail of a member, the name of a key.
    actor_name  text not null,
    -- The name of the rpc.
    action      text not null,
    target_kind text not null,
    -- Of a person who is erased a pseudonym.
    target_id   text not null,
    -- From where, as limits count it; of IPv6 the network.
    address     text not null,
    -- PENDING: the call is under way, or its outcome was never learned.
    outcome     text not null check (outcome in ('PENDING', 'OK', 'FAILED')),
    reason      text not null,
    ended_at    timestamptz,
    -- What was asked for and what it changed, without secrets and without anything about people.
    request     jsonb,
    before      jsonb,
    after       jsonb
);

create index audit_by_time on access.audit (site_id, at desc, audit_id desc);
create index audit_by_target on access.audit (site_id, target_id);
create index audit_by_age on access.audit (at);

-- Rows stay as they were written, also for the role that owns them: they get an outcome once, a person who is erased becomes a pseudonym,
-- and nothing that is younger than 30 days can be deleted.
create function access.keep_audit() returns trigger
language plpgsql as $body$
begin
    if tg_op = 'TRUNCATE' then
        raise exception 'access.audit cannot be emptied' using errcode = 'insufficient_privilege';
    elsif tg_op = 'DELETE' then
        if old.at >= now() - interval '30 days' then
            raise exception 'rows of access.audit are kept for at least 30 days' using errcode = 'insufficient_privilege';
        end if;
        return old;
    elsif (new.audit_id, new.site_id, new.at, new.actor_kind, new.actor_id, new.actor_name, new.action, new.target_kind, new.address,
           new.request, new.before)
          is distinct from
          (old.audit_id, old.site_id, old.at, old.actor_kind, old.actor_id, old.actor_name, old.action, old.target_kind, old.address,
           old.request, old.before)
       or (old.ended_at is not null
           and (new.outcome, new.reason, new.ended_at, new.after) is distinct from (old.outcome, old.reason, old.ended_at, old.after))
       or (new.target_id <> old.target_id and old.target_id <> '' and old.target_kind <> 'user') then
        raise exception 'rows of access.audit cannot be changed' using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$body$;

create trigger keep_audit_rows before update or delete on access.audit for each row execute function access.keep_audit();
create trigger keep_audit_table before truncate on access.audit for each statement execute function access.keep_audit();

-- When somebody was last seen with a new sign-in of the issuer.
alter table access.identity add column signed_in_at timestamptz;
