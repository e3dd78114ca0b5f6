-- What happened during a visit without ending it, for people who look: for instance that the awaited date moved.
alter table enrollment.visit add column notes text[] not null default '{}';
