using Npgsql;

namespace Journeys.Ledgers.Checks;

/// <summary>Every erasure has a job that removes the rest, and messages are soon redacted.</summary>
/// <remarks>The other checks accept what an erasure has yet to remove, so this one says whether anything removes it.</remarks>
public sealed class Erasures : ICheck
{
    public IReadOnlyList<string> Names => ["erasures"];

    // The job may not have started yet, or have just ended.
    public bool Settles => true;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        const string count = """
            select (select count(*) from enrollment.erasure where (@site is null or site_id = @site))
                 + (select count(*) from enrollment.redaction where (@site is null or site_id = @site))
            """;
        // The Scheduler may be away when somebody is erased. Enrollment starts an erasure that is not done after an hour
        // again.
        const string sql = """
            select 'Stuck', site_id, format('job=%s profile=%s', job_id, profile_id),
                   case when started_at is null then 'The Scheduler does not have the job of this erasure.'
                        else format('The job of this erasure was started at %s and is not running.', started_at) end
            from enrollment.erasure
            left join (
                select site_id, job_id, max(erased_at) as erased_at
                from enrollment.erased_person
                where (@site is null or site_id = @site)
                group by site_id, job_id) as person using (site_id, job_id)
            where (@site is null or site_id = @site) and job_id <> all(@running)
              and coalesce(coalesce(started_at + interval '1 hour', erased_at) < coalesce(@now, now()) - @patience, true)
            union all
            select 'Stuck', site_id, format('redaction=%s', profile_id),
                   format('Messages may still name the user who was erased at %s.', created_at)
            from enrollment.redaction
            where (@site is null or site_id = @site) and created_at < coalesce(@now, now()) - interval '1 hour' - @patience
            order by 2, 3
            """;

        var running = await RunningJobs.IdsAsync(look.Snapshot.Scheduler, "ERASURE", ct);
        look.Saw(Names[0], await look.Snapshot.Enrollment.CountAsync(count, ct));
        await look.FindAsync(Names[0], look.Snapshot.Enrollment, sql, ct, new NpgsqlParameter("running", running));
    }
}
