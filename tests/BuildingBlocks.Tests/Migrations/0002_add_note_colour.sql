alter table test.note add column colour text not null default 'white';
