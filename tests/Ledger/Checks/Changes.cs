namespace Journeys.Ledgers.Checks;

/// <summary>Enrollment has acknowledged every change of Definition, and pauses that have an end are over by then.</summary>
/// <remarks>Definition sends each change until it is acknowledged, even if a later one is.</remarks>
public sealed class Changes : ICheck
{
    public IReadOnlyList<string> Names => ["changes"];

    // A change is sent again every few seconds.
    public bool Settles => true;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        const string count = """
            select (select count(*) from definition.move where (@site is null or site_id = @site))
                 + (select count(*) from definition.audience_change where (@site is null or site_id = @site))
                 + (select count(*) from definition.site_halt where (@site is null or site_id = @site))
            """;
        const string sql = """
            with change as (
                select site_id, format('journey=%s change=%s', journey_id, change_no) as ids, lower(kind) as what, moved_at as changed_at
                from definition.move
                where acknowledged_at is null
                union all
                select site_id, format('audience=%s change=%s', audience_id, revision),
                       case when deleted then 'deleted' else 'changed' end, changed_at
                from definition.audience_change
                where acknowledged_at is null
                union all
                select site_id, format('site=%s change=%s', site_id, change_no),
                       case when halted then 'halted' else 'resumed' end, changed_at
                from definition.site_halt
                where acknowledged_at is null
            )
            select 'Stuck', site_id, ids, format('It was %s at %s, and Enrollment has not acknowledged that.', what, changed_at)
            from change
            where (@site is null or site_id = @site) and changed_at < coalesce(@now, now()) - @patience
            union all
            select 'Late', site_id, format('journey=%s', journey_id), format('It is paused, and was to be resumed at %s.', resume_at)
            from definition.journey
            where (@site is null or site_id = @site) and status = 'PAUSED' and resume_at < coalesce(@now, now()) - @patience
            order by 2, 3
            """;

        look.Saw(Names[0], await look.Snapshot.Definition.CountAsync(count, ct));
        await look.FindAsync(Names[0], look.Snapshot.Definition, sql, ct);
    }
}
