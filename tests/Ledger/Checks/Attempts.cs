namespace Journeys.Ledgers.Checks;

/// <summary>
/// Of each person's attempts in a journey exactly one is the latest, at most one is active, and their numbers have no
/// gap and no repeat.
/// </summary>
public sealed class Attempts : ICheck
{
    public IReadOnlyList<string> Names => ["attempts"];

    public bool Settles => false;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        const string count = "select count(*) from enrollment.enrollment where (@site is null or site_id = @site)";
        // Reads in the order of the index of attempts.
        const string sql = """
            select wrong.kind, site_id, 'journey=' || journey_id || ' profile=' || profile_id, wrong.what
            from (
                select site_id, profile_id, journey_id, count(*) as attempts, count(*) filter (where is_latest) as newest,
                       count(*) filter (where status = 'ACTIVE') as active, bool_or(status = 'ACTIVE' and not is_latest) as passed_over,
                       bool_or(attempt = before) as is_doubled, bool_or(attempt > before + 1) as has_gap
                from (
                    select site_id, profile_id, journey_id, attempt, is_latest, status,
                           lag(attempt, 1, 0) over (partition by site_id, profile_id, journey_id order by attempt) as before
                    from enrollment.enrollment
                    where (@site is null or site_id = @site)) as numbered
                group by site_id, profile_id, journey_id) as person
            cross join lateral (values
                (newest > 1, 'Doubled', format('%s of %s attempts are the newest.', newest, attempts)),
                (newest = 0, 'Lost', format('None of %s attempts is the newest.', attempts)),
                (active > 1, 'Doubled', format('%s attempts are under way at once.', active)),
                (passed_over and newest = 1 and active = 1, 'Stuck', 'The attempt that is under way is not the newest, so no report reaches it.'),
                (is_doubled, 'Doubled', 'Two attempts have the same number.'),
                (has_gap, 'Lost', format('A number is missing among %s attempts.', attempts))
            ) as wrong (is_so, kind, what)
            where wrong.is_so
            order by site_id, journey_id, profile_id
            """;

        look.Saw(Names[0], await look.Snapshot.Enrollment.CountAsync(count, ct));
        await look.FindAsync(Names[0], look.Snapshot.Enrollment, sql, ct);
    }
}
