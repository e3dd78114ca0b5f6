-- Creates a role for each program: it owns its own schema, and can neither read nor change that of another.
-- Run this in the empty database as a superuser, with a password for each role:
--   psql -v definition=... -v enrollment=... -v scheduler=... -v gateway=... -f deploy/postgres/roles.sql
-- It may be run again: to change passwords, or in a database that one role has used for everything until now.
do $$
declare
    part record;
    object record;
begin
    for part in
        select *
        from (values
            ('definition', 'journeys_definition'),
            ('enrollment', 'journeys_enrollment'),
            ('scheduler', 'journeys_scheduler'),
            ('access', 'journeys_gateway')) as parts (schema, role)
    loop
        if not exists (select from pg_roles where rolname = part.role) then
            execute format('create role %I', part.role);
        end if;
        execute format('alter role %I login nosuperuser nocreatedb nocreaterole noreplication nobypassrls', part.role);
        execute format('create schema if not exists %I', part.schema);
        execute format('alter schema %I owner to %I', part.schema, part.role);

        -- Sequences of identity columns follow their table.
        for object in
            select c.oid::regclass as name
            from pg_class c
            where c.relnamespace = part.schema::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
        loop
            execute format('alter table %s owner to %I', object.name, part.role);
        end loop;
        for object in select p.oid::regprocedure as name from pg_proc p where p.pronamespace = part.schema::regnamespace
        loop
            execute format('alter routine %s owner to %I', object.name, part.role);
        end loop;
    end loop;
end
$$;

alter role journeys_definition password :'definition';
alter role journeys_enrollment password :'enrollment';
alter role journeys_scheduler password :'scheduler';
alter role journeys_gateway password :'gateway';

revoke all on schema public from public;
