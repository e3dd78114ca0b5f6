-- What let the person in, `entry.<path>`: the properties of an event, or those given by a call. Never changed.
alter table enrollment.enrollment add column if not exists entry jsonb not null default '{}';
