-- Event ids are unique for a person. Where another person of the site has the id already, the event gets a key of its own, and what the caller
-- gave is here. The primary key stays: the release before names it in its `on conflict`.
alter table enrollment.event add column given_id text check (char_length(given_id) between 1 and 64);
