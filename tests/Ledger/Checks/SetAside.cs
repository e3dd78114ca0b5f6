namespace Journeys.Ledgers.Checks;

/// <summary>No enrollment is set aside. One that cannot be moved is kept and retried, but makes no progress.</summary>
public sealed class SetAside : ICheck
{
    public IReadOnlyList<string> Names => ["set aside"];

    // The next retry may succeed.
    public bool Settles => true;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        const string count = "select count(*) from enrollment.set_aside where (@site is null or site_id = @site)";
        const string sql = """
            select 'Stuck', site_id, format('enrollment=%s journey=%s', enrollment_id, journey_id),
                   format('It could not be moved %s times since %s: %s', failures, first_failed_at, left(cause, 200))
            from enrollment.set_aside
            where (@site is null or site_id = @site)
            order by site_id, enrollment_id
            """;

        look.Saw(Names[0], await look.Snapshot.Enrollment.CountAsync(count, ct));
        await look.FindAsync(Names[0], look.Snapshot.Enrollment, sql, ct);
    }
}
