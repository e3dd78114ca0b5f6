-- What the publisher says of a version.
alter table definition.version add column if not exists note text not null default '' check (char_length(note) <= 1000);

-- Whether a publication left the journey paused.
alter table definition.move add column if not exists paused boolean not null default false;
