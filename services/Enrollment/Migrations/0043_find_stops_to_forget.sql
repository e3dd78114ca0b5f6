-- concurrently
create unique index concurrently if not exists stop_to_forget on enrollment.stop (stop_id) where forgotten_at is null;
