namespace Journeys.Ledgers.Checks;

/// <summary>Every running job goes on.</summary>
public sealed class Jobs : ICheck
{
    public IReadOnlyList<string> Names => ["jobs"];

    // A chunk that has just been sent is answered within seconds.
    public bool Settles => true;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        // A chunk without an answer is sent again every minute. A job that was never sent may wait behind others of its
        // site, as long as one of those goes on. Both looks must see the same chunk, so a job that goes on is no finding,
        // whatever the Scheduler's clock says.
        const string count = "select count(*) from scheduler.job where status = 'RUNNING' and (@site is null or site_id = @site)";
        const string sql = """
            select 'Stuck', site_id, format('job=%s kind=%s chunk=%s', job_id, lower(kind), chunk_no),
                   format('It has been running since %s, and has not gone on since %s.', created_at, went_on_at)
            from (select *, greatest(updated_at, ready_at) as went_on_at,
                         max(greatest(updated_at, ready_at)) over (partition by site_id) as site_went_on_at
                  from scheduler.job
                  where status = 'RUNNING' and (@site is null or site_id = @site)) as running
            where went_on_at < coalesce(@now, now()) - interval '5 minutes'
              and (sent_at is not null or site_went_on_at < coalesce(@now, now()) - interval '5 minutes')
            order by site_id, job_id
            """;

        look.Saw(Names[0], await look.Snapshot.Scheduler.CountAsync(count, ct));
        await look.FindAsync(Names[0], look.Snapshot.Scheduler, sql, ct);
    }
}
