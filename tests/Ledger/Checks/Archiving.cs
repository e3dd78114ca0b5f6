using Npgsql;

namespace Journeys.Ledgers.Checks;

/// <summary>Nobody is inside a version that was archived, unless the job that archives them is running.</summary>
public sealed class Archiving : ICheck
{
    public IReadOnlyList<string> Names => ["archiving"];

    // The job may not have started yet.
    public bool Settles => true;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        const string count = "select count(*) from enrollment.journey where (@site is null or site_id = @site)";
        const string sql = """
            select 'Stuck', e.site_id, format('enrollment=%s journey=%s', e.enrollment_id, e.journey_id),
                   format('It is active in version %s, and its journey was archived at %s.', e.version, j.archived_at)
            from enrollment.journey j
            join enrollment.enrollment e on e.site_id = j.site_id and e.journey_id = j.journey_id and e.status = 'ACTIVE' and e.version <= j.archived_version
            where (@site is null or j.site_id = @site) and j.archived_version > 0 and j.journey_id <> all(@archiving)
              and coalesce(j.archived_at < coalesce(@now, now()) - @patience, true)
            order by e.site_id, e.enrollment_id
            """;

        var archiving = await RunningJobs.JourneysAsync(look.Snapshot.Scheduler, "ARCHIVE", ct);
        look.Saw(Names[0], await look.Snapshot.Enrollment.CountAsync(count, ct));
        await look.FindAsync(Names[0], look.Snapshot.Enrollment, sql, ct, new NpgsqlParameter("archiving", archiving));
    }
}
