-- The release before ends an erasure without knowing of answers, and only the erasure says whose they are.
create function enrollment.erase_answers() returns trigger language plpgsql as $$
begin
    delete from enrollment.response where site_id = old.site_id and enrollment_id = any(old.enrollment_ids);
    return null;
end
$$;
create trigger erase_answers after delete on enrollment.erasure for each row execute function enrollment.erase_answers();
