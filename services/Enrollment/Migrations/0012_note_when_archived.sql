-- When the journey was archived last, and up to which version nobody is inside any more: people of an archived journey whom its job left are found
-- without looking at those of later versions.
alter table enrollment.journey
    add column archived_at timestamptz,
    add column emptied_version integer not null default 0;
