-- Where a visitor was joined to a user, two attempts may bear the same number. They are numbered anew: those of the user first.
update enrollment.enrollment as e
set attempt = ordered.attempt
from (
    select site_id, enrollment_id,
           row_number() over (
               partition by site_id, journey_id, profile_id
               order by attempt, merged_into_id is not null, entered_at, enrollment_id)::integer as attempt
    from enrollment.enrollment
    where (site_id, journey_id, profile_id) in (
        select site_id, journey_id, profile_id from enrollment.enrollment group by 1, 2, 3 having count(*) > count(distinct attempt))
) as ordered
where e.site_id = ordered.site_id and e.enrollment_id = ordered.enrollment_id and e.attempt <> ordered.attempt;

-- Deferrable, so that it is asked at the end of a statement: one that renumbers passes through doubles, and of two racing entries the one that
-- gives way to the other's newest attempt must not fail here before it does. Its index also finds everything of a person.
alter table enrollment.enrollment add constraint enrollment_attempt
    unique (site_id, profile_id, journey_id, attempt) deferrable initially immediate;
drop index enrollment.enrollment_person;
