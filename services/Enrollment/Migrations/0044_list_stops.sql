-- The member or key that created it; empty where a release before this one did.
alter table enrollment.stop add column if not exists created_by text not null default '';
