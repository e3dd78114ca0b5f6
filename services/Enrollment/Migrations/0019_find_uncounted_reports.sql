-- concurrently
create index concurrently if not exists content_outcome_uncounted on enrollment.content_outcome (site_id, enrollment_id, visit_no) where not counted;
