namespace Journeys.Ledgers.Checks;

/// <summary>The outboxes of all services are empty, so that every committed message was published.</summary>
public sealed class Outboxes : ICheck
{
    public IReadOnlyList<string> Names => ["outbox"];

    // A message normally stays here for milliseconds.
    public bool Settles => true;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        // A message may concern several sites, so it belongs to none. Reads the oldest first, so that both looks see
        // the same ones.
        const string sql = """
            select 'Stuck', '00000000-0000-0000-0000-000000000000'::uuid, 'service={schema} message=' || outbox_id,
                   format('%s was committed at %s and is not sent, after %s tries.', message_type, created_at, attempts)
            from {schema}.outbox
            order by outbox_id
            """;
        const string count = "select count(*) from {schema}.outbox";

        foreach (var database in (DatabaseSnapshot[])[look.Snapshot.Definition, look.Snapshot.Enrollment, look.Snapshot.Scheduler])
        {
            look.Saw(Names[0], await database.CountAsync(count, ct));
            await look.FindAsync(Names[0], database, sql, ct);
        }
    }
}
