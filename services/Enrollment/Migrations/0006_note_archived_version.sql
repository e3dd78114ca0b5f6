-- The newest version when the journey was archived last. Who walks it or an older one is to be archived, also when the journey has been
-- restored and published again before everybody was.
alter table enrollment.journey add column archived_version integer not null default 0;

update enrollment.journey set archived_version = version where status in ('ARCHIVED', 'DRAFT');
