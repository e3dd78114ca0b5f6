-- Set while the changes of a journey are applied again, because Definition's database came back from a backup without one that is here. The newest comes first,
-- so after a crash only this says that older ones are missing. Named, because another replica may have begun again. A release before this one leaves it as it is.
alter table scheduler.journey add column if not exists distrust uuid;
