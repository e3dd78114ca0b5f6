-- Enrollments that could not be moved: they are in nobody's way, and are tried again less and less often.
create table enrollment.set_aside (
    site_id uuid not null,
    enrollment_id uuid not null,
    journey_id uuid not null,
    -- What kind of signal failed first; empty when none did.
    signal text not null,
    cause text not null,
    failures integer not null check (failures > 0),
    first_failed_at timestamptz not null,
    last_failed_at timestamptz not null,
    next_try_at timestamptz not null,
    primary key (site_id, enrollment_id),
    -- Whoever is erased is not tried again.
    foreign key (site_id, enrollment_id) references enrollment.enrollment on delete cascade
);
create index set_aside_next_try on enrollment.set_aside (next_try_at);

-- An earlier release stored visits of some enrollments without the state that belongs to them. The next try puts them right.
insert into enrollment.set_aside (site_id, enrollment_id, journey_id, signal, cause, failures, first_failed_at, last_failed_at, next_try_at)
select e.site_id, e.enrollment_id, e.journey_id, '', 'It is behind its history.', 1, now(), now(), now()
from enrollment.enrollment e
where e.status = 'ACTIVE'
  and exists (select from enrollment.visit v where v.site_id = e.site_id and v.enrollment_id = e.enrollment_id and v.visit_no > e.visit_no);
