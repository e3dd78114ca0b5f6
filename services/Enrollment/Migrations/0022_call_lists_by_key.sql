-- What authors call it where programs have to name it. Releases before this one write none, so that it gets one of its own.
alter table enrollment.user_list
    add column if not exists key text not null default 'list-' || replace(gen_random_uuid()::text, '-', '')
    check (key collate "C" ~ '^[a-z0-9][a-z0-9_-]{0,63}$');

-- What is there already is called by its name. Of several of one name, the oldest has it alone.
with made as (
    select site_id, list_id, created_at,
           coalesce(nullif(trim(both '-' from left(regexp_replace(lower(name collate "C"), '[^a-z0-9]+', '-', 'g'), 48)), ''), 'list') as base
    from enrollment.user_list
), numbered as (
    select site_id, list_id, base, row_number() over (partition by site_id, base order by created_at, list_id) as n from made
)
update enrollment.user_list as named
set key = numbered.base || case when numbered.n = 1 then '' else '-' || right(replace(named.list_id::text, '-', ''), 12) end
from numbered
where named.site_id = numbered.site_id and named.list_id = numbered.list_id;

create unique index if not exists user_list_key on enrollment.user_list (site_id, key);
