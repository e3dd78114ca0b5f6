-- Whether all journeys of a site are halted, as Definition told us last. A site without a row never was.
create table if not exists enrollment.site_halt (
    site_id uuid primary key,
    change_no integer not null,
    halted boolean not null,
    changed_at timestamptz not null
);

-- The change by which a journey would be published, were its site not halted. Its status is PAUSED then, so that releases before this one leave people
-- where they are, too; and where one of those has moved the journey on since, this is no longer its newest change and means nothing.
alter table enrollment.journey add column if not exists halted_change_no integer;
