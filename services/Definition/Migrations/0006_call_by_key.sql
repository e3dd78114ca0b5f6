-- What authors call it where programs have to name it. Releases before this one write none, so that it gets one of its own.
alter table definition.journey
    add column if not exists key text not null default 'journey-' || replace(gen_random_uuid()::text, '-', '')
    check (key collate "C" ~ '^[a-z0-9][a-z0-9_-]{0,63}$');

-- What is there already is called by its name. Of several of one name, the oldest has it alone.
with made as (
    select site_id, journey_id, created_at,
           coalesce(nullif(trim(both '-' from left(regexp_replace(lower(name collate "C"), '[^a-z0-9]+', '-', 'g'), 48)), ''), 'journey') as base
    from definition.journey
), numbered as (
    select site_id, journey_id, base, row_number() over (partition by site_id, base order by created_at, journey_id) as n from made
)
update definition.journey as named
set key = numbered.base || case when numbered.n = 1 then '' else '-' || right(replace(named.journey_id::text, '-', ''), 12) end
from numbered
where named.site_id = numbered.site_id and named.journey_id = numbered.journey_id;

create unique index if not exists journey_key on definition.journey (site_id, key);

-- What authors call it where programs have to name it. Releases before this one write none, so that it gets one of its own.
alter table definition.audience
    add column if not exists key text not null default 'audience-' || replace(gen_random_uuid()::text, '-', '')
    check (key collate "C" ~ '^[a-z0-9][a-z0-9_-]{0,63}$');

-- What is there already is called by its name. Of several of one name, the oldest has it alone.
with made as (
    select site_id, audience_id, created_at,
           coalesce(nullif(trim(both '-' from left(regexp_replace(lower(name collate "C"), '[^a-z0-9]+', '-', 'g'), 48)), ''), 'audience') as base
    from definition.audience
), numbered as (
    select site_id, audience_id, base, row_number() over (partition by site_id, base order by created_at, audience_id) as n from made
)
update definition.audience as named
set key = numbered.base || case when numbered.n = 1 then '' else '-' || right(replace(named.audience_id::text, '-', ''), 12) end
from numbered
where named.site_id = numbered.site_id and named.audience_id = numbered.audience_id;

create unique index if not exists audience_key on definition.audience (site_id, key);
