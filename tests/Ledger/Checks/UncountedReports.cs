namespace Journeys.Ledgers.Checks;

/// <summary>Every report of finished content is counted: those of a release that did not count them are counted afterwards.</summary>
/// <remarks>The recount of analytics leaves out what is not counted yet.</remarks>
public sealed class UncountedReports : ICheck
{
    public IReadOnlyList<string> Names => ["uncounted reports"];

    // Many may wait after an update from a release that did not count.
    public bool Settles => true;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        const string count = "select count(*) from enrollment.content_outcome where (@site is null or site_id = @site)";
        // The release before may still be at work during an update, and Enrollment counts its reports once a minute.
        const string sql = """
            select 'Stuck', site_id, format('enrollment=%s visit=%s', enrollment_id, visit_no),
                   format('The report of %s (%s) is not counted.', occurred_at, outcome)
            from enrollment.content_outcome
            where not counted and (@site is null or site_id = @site) and occurred_at < coalesce(@now, now()) - interval '3 hours'
            order by site_id, enrollment_id, visit_no
            """;

        look.Saw(Names[0], await look.Snapshot.Enrollment.CountAsync(count, ct));
        await look.FindAsync(Names[0], look.Snapshot.Enrollment, sql, ct);
    }
}
