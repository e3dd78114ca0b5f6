-- concurrently
create index concurrently if not exists set_aside_site_try on enrollment.set_aside (site_id, next_try_at);
