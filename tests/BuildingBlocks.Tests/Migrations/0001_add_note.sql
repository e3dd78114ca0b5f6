create table test.note (note_id bigint generated always as identity primary key, body text not null, written_at timestamptz);

-- Dollar quotes and semicolons must survive the script reader.
create function test.shout(body text) returns text language plpgsql as $shout$
begin
    return upper(body);
end
$shout$;
