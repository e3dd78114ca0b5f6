namespace Journeys.Ledgers.Checks;

/// <summary>
/// Every received message is processed: none waits for another try. Dead letters are not findings; they are listed
/// elsewhere.
/// </summary>
public sealed class FailedMessages : ICheck
{
    public IReadOnlyList<string> Names => ["failed messages"];

    // A message that failed during an outage is retried within seconds.
    public bool Settles => true;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        const string sql = """
            select 'Stuck', case when @site is null then coalesce(site_ids[1], '00000000-0000-0000-0000-000000000000') else @site end,
                   'service={schema} failedMessage=' || failed_message_id,
                   format('%s has failed %s times in %s since %s: %s', message_type, failures, queue, first_failed_at, left(error, 200))
            from {schema}.failed_message
            where next_try_at is not null and (@site is null or @site = any(site_ids))
            order by first_failed_at, failed_message_id
            """;
        const string count = "select count(*) from {schema}.failed_message";

        foreach (var database in (DatabaseSnapshot[])[look.Snapshot.Definition, look.Snapshot.Enrollment, look.Snapshot.Scheduler])
        {
            look.Saw(Names[0], await database.CountAsync(count, ct));
            await look.FindAsync(Names[0], database, sql, ct);
        }
    }
}
