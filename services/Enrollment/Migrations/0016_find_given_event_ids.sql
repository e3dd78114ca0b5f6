-- concurrently
-- Not unique: the release before would fail where it joins two persons who both gave the id. The lock of the profile keeps doubles out.
create index concurrently if not exists event_given_id on enrollment.event (site_id, profile_id, given_id) where given_id is not null;
