-- When its rule and its users were forgotten, a day after its job; what else was asked for stays. Without them the selection would be everybody, so
-- profile_ids is empty from then on, which selects nobody in any release.
alter table enrollment.stop add column if not exists forgotten_at timestamptz;
