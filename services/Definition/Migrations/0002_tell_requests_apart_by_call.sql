-- Two calls may use the same request id for different things.
alter table definition.request add column call text not null default '';
alter table definition.request alter column call drop default;
alter table definition.request drop constraint request_pkey;
alter table definition.request add primary key (site_id, call, request_id);
